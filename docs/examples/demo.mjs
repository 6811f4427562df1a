/**
 * A primary that fails, and the fallback that answers.
 *
 * The first model is limited (429), the second is silent until its own timeout, the third streams the answer. A
 * scripted provider on this machine plays all three. With LIVE=1 and OPENROUTER_API_KEY the same program asks
 * OpenRouter: a model that does not exist, one that is given no time, and one that answers.
 */
import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const STORY = {
  models: {
    "demo/limited": { error: { code: 429, message: "Rate limit exceeded" } },
    "demo/silent": { fault: "silence" },
    "demo/steady": { text: "A function that calls itself, on something smaller each time.", every: 0.05 },
  },
};
const REHEARSED = ["demo/limited", "demo/silent", "demo/steady"];
const LIVE = ["openai/no-such-model", "openai/gpt-4o-mini", "google/gemini-2.5-flash"];

async function ask(client, models, patience) {
  const chain = [
    { model: models[0], label: "primary" },
    { model: models[1], label: "second", timeout: patience },
    { model: models[2], label: "third" },
  ];
  const stream = client.stream({ messages: "What is recursion, in one sentence?", chain, max_tokens: 100 });
  for await (const piece of stream) process.stdout.write(piece.text);
  const answer = await stream.completion;
  console.log(`\n\nserved by ${answer.label} (${answer.model}), fell back: ${answer.fell_back}\n`);
  console.log(String(answer.trace));
}

console.log("Node");
if (process.env.LIVE === "1") {
  const client = new Client();
  await ask(client, LIVE, 0.05);
  client.close();
} else {
  const provider = new Simulator(STORY);
  const client = new Client({ apiKey: "demo", baseURL: provider.url });
  await ask(client, REHEARSED, 0.8);
  client.close();
  provider.close();
}
