/** AbortSignal: before, during, after; reasons; listeners that do not pile up. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { arrived, ASK, closed, HELLO, open, SILENT, SLOW_STREAM } from "./helpers.mjs";

const listeners = (signal) => getEventListeners(signal, "abort").length;

test("an aborted signal rejects with its reason, and nothing is sent", async (t) => {
  const { client, simulator } = open(t, HELLO);
  const reason = new Error("changed my mind");
  const signal = AbortSignal.abort(reason);
  await assert.rejects(client.complete(ASK, { signal }), (e) => e === reason);
  const stream = client.stream(ASK, { signal });
  await assert.rejects(stream.next(), (e) => e === reason);
  await assert.rejects(stream.completion, (e) => e === reason);
  assert.equal((await stream.next()).done, true);
  assert.equal(simulator.requests.length, 0);
  assert.equal(listeners(signal), 0);
});

test("abort during complete() rejects at once and closes the connection", async (t) => {
  const { client, simulator } = open(t, SILENT);
  const controller = new AbortController();
  const call = client.complete(ASK, { signal: controller.signal });
  await arrived(simulator);
  assert.equal(listeners(controller.signal), 1);
  const reason = { not: "even an Error" };
  const before = performance.now();
  controller.abort(reason);
  await assert.rejects(call, (e) => e === reason);
  assert.ok(performance.now() - before < 500);
  await closed(simulator);
  assert.equal(listeners(controller.signal), 0);
});

test("abort during a stream rejects the step and the completion, and closes the connection", async (t) => {
  const { client, simulator } = open(t, SLOW_STREAM);
  const controller = new AbortController();
  const stream = client.stream(ASK, { signal: controller.signal });
  let text = "";
  await assert.rejects(
    async () => {
      for await (const delta of stream) {
        text += delta.text;
        if (text !== "") controller.abort();
      }
    },
    (e) => e === controller.signal.reason && e.name === "AbortError",
  );
  await assert.rejects(stream.completion, (e) => e === controller.signal.reason);
  await closed(simulator);
  assert.equal(listeners(controller.signal), 0);
});

test("abort while a step waits", async (t) => {
  const { client, simulator } = open(t, SILENT);
  const controller = new AbortController();
  const step = client.stream(ASK, { signal: controller.signal }).next();
  await arrived(simulator);
  controller.abort("enough");
  await assert.rejects(step, (e) => e === "enough");
  await closed(simulator);
});

test("AbortSignal.timeout and AbortSignal.any keep their reasons", async (t) => {
  const { client, simulator } = open(t, SILENT);
  await assert.rejects(client.complete(ASK, { signal: AbortSignal.timeout(50) }), { name: "TimeoutError", message: /aborted due to timeout/ });
  const controller = new AbortController();
  const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]);
  const call = client.complete(ASK, { signal });
  await arrived(simulator, 2);
  controller.abort("any");
  await assert.rejects(call, (e) => e === "any");
});

test("one signal for many calls keeps no listener", async (t) => {
  const { client } = open(t, { "a/b": HELLO["*"], "bad/one": [{ error: { code: 400, message: "no" } }] });
  const { signal } = new AbortController();
  const warnings = [];
  const warned = (w) => warnings.push(w);
  process.on("warning", warned);
  for (let i = 0; i < 100; i++) {
    await client.complete(ASK, { signal });
    for await (const _ of client.stream(ASK, { signal }));
    for await (const _ of client.stream(ASK, { signal })) break;
    await client.complete({ ...ASK, model: "bad/one" }, { signal }).catch(() => undefined);
    client.stream(ASK, { signal });
    assert.equal(listeners(signal), 0);
  }
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
});

test("one signal for many calls at once carries one listener and ends them all", async (t) => {
  const { client, simulator } = open(t, SILENT);
  const controller = new AbortController();
  const { signal } = controller;
  const warnings = [];
  const warned = (w) => warnings.push(w);
  process.on("warning", warned);
  const calls = Array.from({ length: 30 }, (_, i) => (i % 2 ? client.complete(ASK, { signal }) : client.stream(ASK, { signal }).next()));
  const ends = Promise.allSettled(calls);
  await arrived(simulator, 30);
  assert.equal(listeners(signal), 1);
  controller.abort("all of you");
  assert.deepEqual((await ends).map((e) => e.reason), Array(30).fill("all of you"));
  for (let i = 0; i < 30; i++) await closed(simulator, i);
  assert.equal(listeners(signal), 0);
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
});

test("abort after the end does nothing", async (t) => {
  const { client } = open(t, HELLO);
  const controller = new AbortController();
  const completion = await client.complete(ASK, { signal: controller.signal });
  controller.abort();
  assert.equal(completion.text, "Hello there");
  assert.equal(completion.trace.attempts.length, 1);
});
