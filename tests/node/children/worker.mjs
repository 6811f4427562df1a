import { parentPort, workerData } from "node:worker_threads";
import { Client } from "resilient-completion";

const client = new Client({ apiKey: "sk-test", baseURL: workerData.url, guards: "own" });
if (workerData.model === "stream") {
  void client.complete({ model: "c/d", messages: "Hi" });
  let first = true;
  for await (const delta of client.stream({ model: "a/b", messages: "Hi" })) {
    if (first && delta.text !== "") {
      first = false;
      // The other call has to be on its way too.
      setTimeout(() => parentPort.postMessage("streaming"), 50);
    }
  }
} else {
  const { text } = await client.complete({ model: workerData.model, messages: "Hi" });
  parentPort.postMessage(text);
}
