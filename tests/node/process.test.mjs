/** The process: it ends when work is done, waits for calls in flight, and dies cleanly when told to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { child } from "./helpers.mjs";

test("a script ends by itself, without close(), soon after its last promise", async () => {
  const run = await child("idle.mjs");
  assert.deepEqual([run.code, run.err], [0, ""]);
  const finished = Number(run.out.match(/finished (\d+)/)[1]);
  assert.ok(Date.now() - finished < 1000, "it took a second to end");
});

test("a promise that nobody awaits keeps the process until it is settled", async () => {
  const run = await child("unawaited.mjs");
  assert.deepEqual([run.code, run.err, run.out.trim()], [0, "", "Hello there"]);
});

test("failures that nobody looks at are not unhandled rejections where they are not the caller's promise", async () => {
  const run = await child("unhandled.mjs");
  assert.deepEqual([run.code, run.err, run.out.trim()], [0, "", "unhandled: 0"]);
});

test("process.exit with calls and streams in flight", async () => {
  for (let i = 0; i < 5; i++) {
    const run = await child("exit.mjs");
    assert.deepEqual([run.code, run.signal, run.err], [7, null, ""]);
  }
});

test("SIGTERM with calls and streams in flight", async () => {
  const run = await child("exit.mjs", { STAY: "1" }, { kill: "SIGTERM" });
  assert.deepEqual([run.code, run.signal, run.err], [null, "SIGTERM", ""]);
});

test("the default client comes from the environment and asks for 1024 tokens", async () => {
  const run = await child("functions.mjs");
  assert.equal(run.err, "");
  assert.deepEqual(JSON.parse(run.out), {
    alias: true,
    text: "Hello there",
    sent: [1024, 20, null],
    authorization: true,
    missing: ["ConfigError", "capability"],
  });
});
