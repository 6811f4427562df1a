/** Streams: pieces, the assembled answer, and every way to leave one early. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { CancelledError, Completion, StreamInterruptedError } from "resilient-completion";
import { arrived, ASK, closed, HELLO, open, sleep, SLOW_STREAM, until } from "./helpers.mjs";

test("pieces make the text, and the completion is assembled", async (t) => {
  const { client } = open(t, {
    "*": [{ reasoning: "Hm.", text: "Hello there", tool_calls: [{ id: "c1", name: "look", arguments: { at: 1 } }], usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } }],
  });
  const stream = client.stream(ASK);
  const deltas = [];
  for await (const delta of stream) deltas.push(delta);
  assert.equal(deltas.map((d) => d.text).join(""), "Hello there");
  assert.equal(deltas.map((d) => d.reasoning).join(""), "Hm.");
  const pieces = deltas.flatMap((d) => d.tool_calls);
  assert.equal(pieces[0].id, "c1");
  assert.equal(pieces[0].name, "look");
  assert.deepEqual(JSON.parse(pieces.map((p) => p.arguments).join("")), { at: 1 });
  assert.ok(deltas.some((d) => d.finish_reason !== null));
  assert.ok(deltas.every((d) => d.restarted === false));
  const texts = deltas.filter((d) => d.text !== "");
  assert.ok(texts.every((d) => d.raw.choices[0].delta.content === d.text && d.choices === d.raw.choices));
  assert.equal(deltas.findLast((d) => d.usage)?.usage.total_tokens, 8);
  const completion = await stream.completion;
  assert.ok(completion instanceof Completion);
  assert.equal(completion.text, "Hello there");
  assert.equal(completion.usage.total_tokens, 8);
  assert.equal(completion.choices[0].message.tool_calls[0].function.name, "look");
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
});

test("nothing is sent before the first step", async (t) => {
  const { client, simulator } = open(t, HELLO);
  const stream = client.stream(ASK);
  await sleep(50);
  assert.equal(simulator.requests.length, 0);
  await stream.next();
  assert.equal(simulator.requests.length, 1);
  stream.close();
});

test("errors come at the first step, also those of the options", async (t) => {
  const { client } = open(t, { "*": [{ error: { code: 401, message: "No auth credentials found" } }] });
  const bad = client.stream({ ...ASK, messages: [NaN] });
  await assert.rejects(bad.next(), { name: "InvalidRequestError", field: "messages[0]" });
  assert.equal((await bad.next()).done, true);
  const refused = client.stream(ASK);
  await assert.rejects(refused.next(), { name: "AuthenticationError", status: 401 });
  await assert.rejects(refused.completion, { name: "AuthenticationError" });
});

const LEAVING = {
  break: async (stream) => {
    for await (const _ of stream) break;
  },
  "return in the loop": async (stream) => {
    await (async () => {
      for await (const delta of stream) return delta;
    })();
  },
  "throw in the loop": async (stream) => {
    const thrown = new Error("mine");
    const loop = (async () => {
      for await (const _ of stream) throw thrown;
    })();
    await assert.rejects(loop, (e) => e === thrown);
  },
  "return()": async (stream) => {
    await stream.next();
    assert.deepEqual(await stream.return(), { value: undefined, done: true });
  },
  "throw()": async (stream) => {
    await stream.next();
    const thrown = new Error("mine");
    await assert.rejects(stream.throw(thrown), (e) => e === thrown);
  },
  "close()": async (stream) => {
    await stream.next();
    stream.close();
    stream.close();
  },
  "Symbol.asyncDispose": async (stream) => {
    await stream.next();
    await stream[Symbol.asyncDispose]();
  },
};
for (const [name, leave] of Object.entries(LEAVING)) {
  test(`${name} closes the connection at once and settles the completion`, async (t) => {
    const { client, simulator } = open(t, SLOW_STREAM);
    const stream = client.stream(ASK);
    await leave(stream);
    await closed(simulator);
    assert.ok(simulator.requests[0].ended.after < 0.6, "the answer takes a second");
    await assert.rejects(stream.completion, CancelledError);
    assert.deepEqual(await stream.next(), { value: undefined, done: true });
  });
}

test("close() ends a step that waits", async (t) => {
  const { client, simulator } = open(t, { "*": [{ fault: "silence" }] });
  const stream = client.stream(ASK);
  const step = stream.next();
  await arrived(simulator);
  stream.close();
  assert.deepEqual(await step, { value: undefined, done: true });
  await closed(simulator);
});

test("a stream that nobody holds any more is closed by the garbage collector", async (t) => {
  const { client, simulator } = open(t, SLOW_STREAM);
  // A signal that lives on, as an application's own does.
  const { signal } = new AbortController();
  await (async () => void (await client.stream(ASK, { signal }).next()))();
  for (let i = 0; i < 20 && simulator.requests[0].ended.how === "pending"; i++) {
    globalThis.gc();
    await sleep(20);
  }
  assert.equal(simulator.requests[0].ended.how, "client_closed");
  await until(() => getEventListeners(signal, "abort").length === 0, "the signal is let go");
});

test("several steps asked for at once get the pieces in order", async (t) => {
  const { client } = open(t, { "*": [{ text: "a b c d e f", every: 0.005 }] });
  const stream = client.stream(ASK);
  const steps = await Promise.all(Array.from({ length: 20 }, () => stream.next()));
  assert.equal(steps.map((s) => s.value?.text ?? "").join(""), "a b c d e f");
  assert.equal(steps.at(-1).done, true);
});

test("the completion can be awaited without reading the pieces, which are kept", async (t) => {
  const { client } = open(t, HELLO);
  const stream = client.stream(ASK);
  assert.equal((await stream.completion).text, "Hello there");
  let text = "";
  for await (const delta of stream) text += delta.text;
  assert.equal(text, "Hello there");
});

test("an interrupted stream keeps what it showed", async (t) => {
  const { client } = open(t, { "*": [{ text: "one two three", every: 0.02, cut_at: 700 }] });
  const stream = client.stream(ASK);
  let text = "";
  await assert.rejects(
    async () => {
      for await (const delta of stream) text += delta.text;
    },
    (error) => {
      assert.ok(error instanceof StreamInterruptedError);
      assert.equal(error.kind, "interrupted");
      assert.ok(text.length > 0);
      assert.equal(error.partial.text, text);
      return true;
    },
  );
});

test("a slow reader gets everything, and fast timers keep their time beside a fast stream", async (t) => {
  const { client } = open(t, { "*": [{ text: { repeat: "x", times: 5000 }, pieces: 5000 }] });
  let [text, worst, last] = [0, 0, performance.now()];
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  for await (const delta of client.stream(ASK)) {
    text += delta.text.length;
    if (text === 10) await sleep(50);
  }
  clearInterval(timer);
  assert.equal(text, 5000);
  assert.ok(worst < 300, `a timer of 5 ms was ${worst} ms late`);
});
