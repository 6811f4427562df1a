import {
  capabilityFallback,
  Client,
  type ClientOptions,
  classify,
  Completion,
  type Delta,
  type Kind,
  RateLimitError,
  resilient_completion,
  ResilientCompletionError,
  resilientCompletion,
  StreamInterruptedError,
} from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const options: ClientOptions = { apiKey: "x", baseURL: "http://localhost", headers: { a: "b" }, chain: ["a/b", { model: "c/d", timeout: 3, label: "x", temperature: 1 }] };
const client = new Client(options);
const completion: Completion = await client.complete({ models: ["a/b"], messages: [{ role: "user", content: "Hi" }], max_tokens: 5 }, { timeoutMs: 5, signal: AbortSignal.timeout(5) });
const text: string = completion.choices[0]!.message.content ?? completion.text;
const cost: number | null = completion.cost;
for await (const delta of client.stream({ model: "a/b", messages: text })) {
  const one: Delta = delta;
  const piece: string = one.text + (one.raw?.choices?.[0]?.delta?.content ?? "");
  void [piece, cost];
}
await using stream = await client.chat.completions.create({ model: "a/b", messages: text, stream: true });
for await (const chunk of stream) void chunk.choices[0]?.delta?.content;
const assembled: Completion = await stream.completion;
const whole: Completion = await client.chat.completions.create({ model: "a/b", messages: text });
const status: number | null = whole.trace.attempts[0]!.status;
void [assembled, status, resilientCompletion, resilient_completion, classify, capabilityFallback];
try {
  await resilientCompletion({ model: "a/b", messages: "Hi" });
} catch (error) {
  if (error instanceof RateLimitError) void (error.retry_after satisfies number | null);
  if (error instanceof StreamInterruptedError) void (error.partial.text satisfies string);
  if (error instanceof ResilientCompletionError) {
    void (error.kind satisfies Kind | "");
    void (error.attempts[0]?.label satisfies string | undefined);
    // @ts-expect-error: no such attribute
    void error.retryAfter;
  }
}
using simulator = new Simulator({ models: { "*": [{ text: "Hi" }] } });
void (simulator.requests[0]?.ended.how satisfies string | undefined);

// @ts-expect-error: misspelt
new Client({ apiKy: "x" });
// @ts-expect-error: misspelt
void client.complete({ model: "a/b", messages: "Hi" }, { timeoutMS: 5 });
// @ts-expect-error: messages are needed
void client.complete({ model: "a/b" });
// @ts-expect-error: a capability is needed
void capabilityFallback({ messages: "Hi" });
// @ts-expect-error: no such field
void completion.txet;
