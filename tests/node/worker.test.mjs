/** Worker threads: the addon loads in several at once, each with its own client, and may be stopped in mid-stream. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Simulator } from "resilient-completion/testing";
import { ASK, HELLO, open, SLOW_STREAM, until } from "./helpers.mjs";

const FILE = join(dirname(fileURLToPath(import.meta.url)), "children", "worker.mjs");

function start(url, model) {
  return new Worker(FILE, { workerData: { url, model } });
}

test("several workers call at once and end by themselves", async (t) => {
  const { client, simulator } = open(t, HELLO);
  const workers = Array.from({ length: 4 }, () => start(simulator.url, "a/b"));
  const ends = await Promise.all(workers.map((w) => Promise.all([once(w, "message"), once(w, "exit")])));
  assert.deepEqual(ends.map(([text, code]) => [text[0], code[0]]), Array(4).fill(["Hello there", 0]));
  assert.equal((await client.complete(ASK)).text, "Hello there");
});

test("a worker stopped in mid-stream closes its connections and harms nobody", async (t) => {
  const simulator = new Simulator({ models: { "*": SLOW_STREAM["*"], "c/d": [{ fault: "silence" }] } });
  t.after(() => simulator.close());
  for (let i = 0; i < 10; i++) {
    const worker = start(simulator.url, "stream");
    await once(worker, "message");
    assert.equal(await worker.terminate(), 1);
  }
  await until(() => simulator.requests.length === 20 && simulator.requests.every((r) => r.ended.how === "client_closed"), "all connections closed");
  assert.ok(simulator.requests.every((r) => r.ended.after < 0.9));
});
