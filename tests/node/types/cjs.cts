import { Client, ConfigError } from "resilient-completion";
import testing = require("resilient-completion/testing");

async function main(): Promise<void> {
  const simulator = new testing.Simulator({ models: {} });
  const client = new Client({ baseURL: simulator.url, apiKey: "x" });
  const { text } = await client.complete({ model: "a/b", messages: "Hi" });
  const length: number = text.length;
  void [length, ConfigError];
}

void main();
