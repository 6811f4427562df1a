import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const simulator = new Simulator({ models: { "*": [{ text: "Hello there", delay: 0.3 }] } });
const client = new Client({ apiKey: "sk-test", baseURL: simulator.url });
void client.complete({ model: "a/b", messages: "Hi" }).then((c) => console.log(c.text));
