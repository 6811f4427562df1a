import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const simulator = new Simulator({ models: { "*": [{ text: "Hello there" }] } });
const client = new Client({ apiKey: "sk-test", baseURL: simulator.url });
await client.complete({ model: "a/b", messages: "Hi" });
for await (const _ of client.stream({ model: "a/b", messages: "Hi" }));
for await (const _ of client.stream({ model: "a/b", messages: "Hi" })) break;
process.stdout.write(`finished ${Date.now()}\n`);
