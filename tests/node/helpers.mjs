/** What the tests share: a scripted provider, a client on it, and waiting for what it saw. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

export { sleep };

/** A stream of pieces that takes seconds. */
export const SLOW_STREAM = { "*": [{ text: "one two three four five six seven eight nine ten", every: 0.1 }] };
/** An answer that never comes. */
export const SILENT = { "*": [{ fault: "silence" }] };
export const HELLO = { "*": [{ text: "Hello there" }] };
export const ASK = { model: "a/b", messages: "Hi" };

/** A provider and a client on it, closed when the test ends. */
export function open(t, models, options = {}) {
  const simulator = new Simulator({ models });
  const client = new Client({ apiKey: "sk-test", baseURL: simulator.url, guards: "own", ...options });
  t.after(() => {
    client.close();
    simulator.close();
  });
  return { simulator, client };
}

/** Waits until `what()` holds; fails after five seconds. */
export async function until(what, message) {
  const end = performance.now() + 5000;
  while (!what()) {
    if (performance.now() > end) throw new Error(`never happened: ${message}`);
    await sleep(5);
  }
}

/** Waits until the provider has had `n` requests. */
export function arrived(simulator, n = 1) {
  return until(() => simulator.requests.length >= n, `${n} requests`);
}

/** Waits until the provider saw the client close the connection of its request `n`. */
export function closed(simulator, n = 0) {
  return until(() => simulator.requests[n]?.ended.how === "client_closed", "the client closes the connection");
}

/** Runs a script of children/ to its end. */
export function child(name, env = {}, { kill } = {}) {
  const file = join(dirname(fileURLToPath(import.meta.url)), "children", name);
  const started = performance.now();
  const one = spawn(process.execPath, [file], { env: { ...process.env, NODE_V8_COVERAGE: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  one.stdout.on("data", (d) => {
    out += d;
    if (kill !== undefined && out.includes("ready")) one.kill(kill);
  });
  one.stderr.on("data", (d) => (err += d));
  const limit = setTimeout(() => one.kill("SIGKILL"), 20_000);
  return new Promise((resolve) => {
    one.on("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, out, err, ms: performance.now() - started });
    });
  });
}
