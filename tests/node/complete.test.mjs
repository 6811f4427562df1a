/** Whole answers: their shape, who served, what was sent, and the loop that stays free. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, Completion, Delta, FallbacksExhaustedError, RateLimitError, Trace } from "resilient-completion";
import { arrived, ASK, HELLO, open, sleep } from "./helpers.mjs";

test("a completion has the body's fields, and who served it", async (t) => {
  const { client } = open(t, HELLO);
  const completion = await client.complete({ ...ASK, max_tokens: 20 });
  assert.ok(completion instanceof Completion);
  assert.equal(completion.text, "Hello there");
  assert.equal(completion.choices[0].message.content, "Hello there");
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.equal(typeof completion.id, "string");
  assert.equal(completion.label, "a/b");
  assert.equal(completion.fell_back, false);
  assert.deepEqual(completion.toDict(), JSON.parse(JSON.stringify(completion)));
  assert.equal(completion.toDict(), completion.to_dict());
  assert.deepEqual(completion.toDict().choices, completion.choices);
  const line = inspect(completion);
  assert.match(line, /^Completion \{ "Hello there", model: /);
  assert.doesNotMatch(line, /\n/);
});

test("the request goes out as written", async (t) => {
  const { client, simulator } = open(t, HELLO, { appUrl: "https://example.com", appName: "Tests", headers: { "x-team": "blue" } });
  const messages = [{ role: "user", content: [{ type: "text", text: "Hi" }] }];
  await client.complete(
    { model: "a/b", messages, max_tokens: 20, temperature: undefined, seed: null, stop: ["x"], some_new_field: { deep: [1, null] } },
    { timeoutMs: 5000, extraBody: { top_k: 3 }, extraHeaders: { "x-call": "7" }, tags: { job: "test" } },
  );
  const [{ body, headers }] = simulator.requests;
  const { model, ...rest } = body;
  assert.equal(model, "a/b");
  assert.deepEqual(rest, { messages, max_tokens: 20, stop: ["x"], some_new_field: { deep: [1, null] }, top_k: 3 });
  assert.equal(headers["http-referer"], "https://example.com");
  assert.equal(headers["x-title"], "Tests");
  assert.equal(headers["x-team"], "blue");
  assert.equal(headers["x-call"], "7");
});

test("a failing primary is answered by its fallback, and the trace says so", async (t) => {
  const { client } = open(t, { "a/b": [{ error: { code: 429, message: "slow down" } }], "c/d": [{ text: "From c" }] });
  const completion = await client.complete({
    chain: [{ model: "a/b", label: "first" }, { model: "c/d", label: "second", timeout: 5 }],
    messages: "Hi",
  });
  assert.equal(completion.text, "From c");
  assert.equal(completion.label, "second");
  assert.equal(completion.fell_back, true);
  const trace = completion.trace;
  assert.ok(trace instanceof Trace);
  assert.equal(trace, completion.trace);
  assert.deepEqual(trace.attempts.map((a) => [a.label, a.model, a.status, a.kind]), [["first", "a/b", 429, "rate_limited"], ["second", "c/d", 200, null]]);
  assert.ok(trace.events.length > 0);
  assert.deepEqual(JSON.parse(trace.to_json()), JSON.parse(JSON.stringify(trace)));
  const lines = trace.waterfall().split("\n");
  assert.equal(lines.length, 2);
  assert.match(lines[0], /first.*429.*rate_limited/);
  assert.match(lines[1], /second.*answered/);
});

test("a chain without an answer names every attempt and has the last one as its cause", async (t) => {
  const { client } = open(t, { "*": [{ error: { code: 429, message: "slow down" } }] }, { policy: { retries: 0 } });
  await assert.rejects(client.complete({ models: ["a/b", "c/d"], mode: "client", messages: "Hi" }), (error) => {
    assert.ok(error instanceof FallbacksExhaustedError);
    assert.equal(error.kind, "rate_limited");
    assert.match(error.message, /^All fallbacks exhausted\. Last error: /);
    assert.ok(error.cause instanceof RateLimitError);
    assert.equal(error.cause.status, 429);
    assert.deepEqual(error.attempts.map((a) => a.model), ["a/b", "c/d"]);
    assert.ok(error.trace instanceof Trace);
    return true;
  });
});

test("no field of an answer can reach the completion's own methods and facts", async (t) => {
  const choices = [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }];
  const body = `{"id": "x", "toJSON": 1, "trace": 2, "text": "mine", "fell_back": "so", "__proto__": {"polluted": 3}, "choices": ${JSON.stringify(choices)}}`;
  const { client } = open(t, { "*": [{ body, headers: { "content-type": "application/json" } }] });
  const completion = await client.complete(ASK);
  assert.ok(completion instanceof Completion && completion.polluted === undefined);
  assert.deepEqual([completion.text, completion.fell_back, completion.trace.attempts.length], ["Hello", false, 1]);
  assert.deepEqual([completion.toDict().text, completion.toDict().toJSON], ["mine", 1]);
  assert.deepEqual(JSON.parse(JSON.stringify(completion)), JSON.parse(body));
});

test("chat.completions.create gives a completion, or a stream of chunks", async (t) => {
  const { client, simulator } = open(t, HELLO);
  const completion = await client.chat.completions.create({ ...ASK, stream: false });
  assert.equal(completion.choices[0].message.content, "Hello there");
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...ASK, stream: true })) {
    assert.ok(chunk instanceof Delta);
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  assert.equal(text, "Hello there");
  const { create } = client.chat.completions;
  const { body: sent } = await create({ messages: "Hi", extra_body: { models: ["e/f"], x: 1 } }).then(() => simulator.requests.at(-1));
  assert.deepEqual([sent.model, sent.x, sent.stream ?? false, "extra_body" in sent], ["e/f", 1, false, false]);
});

test("a call that somebody waits for is not ended by the garbage collector", async (t) => {
  const { client } = open(t, { "*": [{ text: "Hello there", delay: 0.2 }] });
  let done = false;
  const call = client.complete(ASK).finally(() => (done = true));
  const first = client.stream(ASK).next();
  while (!done) {
    globalThis.gc();
    await sleep(10);
  }
  assert.equal((await call).text, "Hello there");
  assert.equal((await first).done, false);
});

test("timers keep their time while calls are in flight", async (t) => {
  const { client } = open(t, { "*": [{ text: "late", delay: 0.3 }] });
  const calls = Promise.all(Array.from({ length: 20 }, () => client.complete(ASK)));
  let worst = 0;
  let done = false;
  void calls.finally(() => (done = true));
  while (!done) {
    const before = performance.now();
    await sleep(10);
    worst = Math.max(worst, performance.now() - before - 10);
  }
  await calls;
  assert.ok(worst < 100, `a timer of 10 ms was ${worst} ms late`);
});

test("a client that is closed ends its calls and takes no more", async (t) => {
  const { client, simulator } = open(t, { "*": [{ fault: "silence" }] });
  const call = client.complete(ASK);
  call.catch(() => undefined);
  const stream = client.stream(ASK).next();
  stream.catch(() => undefined);
  await arrived(simulator, 2);
  client.close();
  await assert.rejects(call, { name: "CancelledError", kind: "cancelled" });
  await assert.rejects(stream, { name: "CancelledError", kind: "cancelled" });
  await assert.rejects(client.complete(ASK), { name: "ClosedError", kind: "closed" });
  for (const dispose of [Symbol.dispose, Symbol.asyncDispose]) {
    const other = new Client({ apiKey: "sk-test", baseURL: simulator.url });
    await other[dispose]();
    await assert.rejects(other.complete(ASK), { kind: "closed" });
  }
});

test("health can be read and reset, models listed, a call planned", async (t) => {
  const { client, simulator } = open(t, HELLO);
  const health = client.health();
  assert.equal(typeof health.reset, "function");
  health.reset();
  JSON.stringify(health);
  const catalog = client.models();
  assert.ok(catalog.models.length > 0 && catalog.models[0].id && catalog.date);
  const plan = client.plan({ models: ["a/b", "c/d"], mode: "client", messages: "Hi", max_tokens: 5 });
  assert.deepEqual(plan.candidates.map((c) => c.body.model), ["a/b", "c/d"]);
  assert.equal(plan.candidates[0].body.max_tokens, 5);
  assert.deepEqual(JSON.parse(plan.to_json()), JSON.parse(JSON.stringify(plan.toDict())));
  assert.equal(simulator.requests.length, 0);
});
