import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

let unhandled = 0;
process.on("unhandledRejection", () => unhandled++);
const simulator = new Simulator({ models: { "*": [{ error: { code: 500, message: "no" } }], "cut/it": [{ text: "one two", cut_at: 500 }] } });
const client = new Client({ apiKey: "sk-test", baseURL: simulator.url, guards: "own" });
const read = async (stream) => {
  try {
    for await (const _ of stream);
  } catch {
    // The loop's error is the caller's; the completion beside it is looked at by nobody.
  }
};
await read(client.stream({ model: "a/b", messages: "Hi" }));
await read(client.stream({ model: "cut/it", messages: "Hi" }));
await read(client.stream({ model: "a/b", messages: [NaN] }));
await read(client.stream({ model: "a/b", messages: "Hi" }, { signal: AbortSignal.abort() }));
for await (const _ of client.stream({ model: "cut/it", messages: "Hi" })) break;
const stream = client.stream({ model: "a/b", messages: "Hi" });
void stream.completion;
await new Promise((resolve) => setTimeout(resolve, 300));
console.log(`unhandled: ${unhandled}`);
