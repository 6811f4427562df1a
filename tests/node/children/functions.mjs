import { Simulator } from "resilient-completion/testing";

const simulator = new Simulator({ models: { "*": [{ text: "Hello there" }] }, expose_authorization: true });
process.env.OPENROUTER_API_KEY = "sk-from-environment";
process.env.OPENROUTER_BASE_URL = simulator.url;
const { capabilityFallback, resilient_completion, resilientCompletion } = await import("resilient-completion");
const ask = { model: "a/b", messages: "Hi" };
const { text } = await resilientCompletion(ask);
await resilientCompletion({ ...ask, max_tokens: 20 });
await resilientCompletion({ ...ask, max_completion_tokens: 30 });
const missing = await capabilityFallback(ask).catch((e) => [e.name, e.field]);
console.log(
  JSON.stringify({
    alias: resilient_completion === resilientCompletion,
    text,
    sent: simulator.requests.map((r) => r.body.max_tokens ?? null),
    authorization: simulator.requests.every((r) => r.headers.authorization === "Bearer sk-from-environment"),
    missing,
  }),
);
