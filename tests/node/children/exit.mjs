import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const simulator = new Simulator({ models: { "*": [{ text: "one two three four five six seven", every: 0.05 }], "c/d": [{ fault: "silence" }] } });
const client = new Client({ apiKey: "sk-test", baseURL: simulator.url });
for (let i = 0; i < 20; i++) {
  void client.complete({ model: "c/d", messages: "Hi" });
  void (async () => {
    for await (const _ of client.stream({ model: "a/b", messages: "Hi" }));
  })();
}
while (simulator.requests.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
if (process.env.STAY) console.log("ready");
else process.exit(7);
