/**
 * The vectors of kinds `call` and `errors`, through the public API against the scripted provider; the rules stand in
 * tests/vectors/README.md. A key that is not known here fails the vector. The spelling of options is mapped to
 * TypeScript's, also where an error names one.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";

const VECTORS = join(process.env.RESILIENT_COMPLETION_REPOSITORY, "tests/vectors");
const KEY = "sk-or-v1-vector-0123456789abcdef";
const CLIENT_WORDS = { api_key: "apiKey", base_url: "baseURL", app_url: "appUrl", app_name: "appName", timeout: "timeoutMs" };
const CALL_WORDS = { timeout: "timeoutMs", policy: "policy", tags: "tags", extra_body: "extraBody", extra_headers: "extraHeaders" };
const GIVEN = ["script", "client", "call", "earlier", "close", "stream"];

for (const kind of ["call", "errors"]) {
  const files = readdirSync(join(VECTORS, kind)).filter((f) => f.endsWith(".json"));
  assert.ok(files.length > 0, `no vectors of kind ${kind}`);
  let ran = 0;
  describe(kind, { concurrency: 4 }, () => {
    for (const file of files) {
      test(file.replace(".json", ""), async () => {
        const vector = JSON.parse(readFileSync(join(VECTORS, kind, file), "utf8"));
        onlyKnown(vector, ["v", "id", "kind", "given", "expected"]);
        assert.deepEqual([vector.v, vector.id, vector.kind], [1, `${kind}/${file.replace(".json", "")}`, kind]);
        assert.ok(kind === "call" || vector.expected.error !== undefined, "a vector of errors expects one");
        await run(vector);
        ran++;
      });
    }
    after(() => console.log(`vectors ${kind}: ${ran} run`));
  });
}

async function run({ given, expected }) {
  onlyKnown(given, GIVEN);
  onlyKnown(expected, Object.keys(CHECKS));
  const simulator = new Simulator(given.script ?? { models: { "*": { text: "unused" } } });
  try {
    const seen = await play(given, simulator);
    if (expected.error === undefined && seen.error !== undefined) throw seen.error;
    if (expected.error !== undefined) assert.ok(seen.error !== undefined, "the call must fail");
    for (const [key, wanted] of Object.entries(expected)) CHECKS[key](wanted, seen);
  } finally {
    simulator.close();
  }
}

/** Plays the vector and tells everything that can be compared. */
async function play(given, simulator) {
  const seen = { deltas: "", simulator };
  let client;
  const started = { at: performance.now() };
  try {
    client = new Client(clientOptions(filled(given.client ?? {}, simulator), simulator));
    for (const earlier of given.earlier ?? []) await client.complete(...call(filled(earlier, simulator))).catch(() => undefined);
    const before = simulator.requests.length;
    if (given.close === "before") client.close();
    if (given.close === "during") void closeOnceReceived(client, simulator, before);
    started.at = performance.now();
    const args = call(filled(given.call, simulator));
    if (given.stream) {
      const stream = client.stream(...args);
      for await (const delta of stream) seen.deltas += (delta.restarted ? "|restarted|" : "") + delta.text;
      seen.completion = await stream.completion;
    } else {
      seen.completion = await client.complete(...args);
    }
  } catch (error) {
    seen.error = error;
  } finally {
    seen.seconds = (performance.now() - started.at) / 1000;
    client?.close();
  }
  seen.trace = (seen.error ?? seen.completion).trace ?? { attempts: [], events: [], toJSON: () => ({ skipped: [] }) };
  seen.requests = simulator.requests;
  return seen;
}

function clientOptions(options, simulator) {
  const all = { base_url: simulator.url, api_key: KEY, guards: "own", ...options };
  const set = Object.entries(all).filter(([, value]) => value !== null);
  return Object.fromEntries(set.map(([key, value]) => [CLIENT_WORDS[key] ?? key, key === "timeout" ? milliseconds(value) : value]));
}

function call(flat) {
  const [body, options] = [{}, {}];
  for (const [key, value] of Object.entries(flat)) {
    if (Object.hasOwn(CALL_WORDS, key)) options[CALL_WORDS[key]] = key === "timeout" ? milliseconds(value) : value;
    else body[key] = value;
  }
  return [body, options];
}

function milliseconds(seconds) {
  return typeof seconds === "number" ? seconds * 1000 : seconds;
}

function filled(value, simulator) {
  const refused = "http://127.0.0.1:1/api/v1";
  const text = (s) => s.replaceAll("{url}", simulator.url).replaceAll("{refused}", refused);
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((v) => filled(v, simulator));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, filled(v, simulator)]));
}

async function closeOnceReceived(client, simulator, before) {
  while (simulator.requests.length <= before) await sleep(5);
  client.close();
}

const same = (key) => (wanted, { completion }) => assert.equal(completion[key], wanted, key);
const CHECKS = {
  text: same("text"),
  model: same("model"),
  label: same("label"),
  provider: same("provider"),
  fell_back: same("fell_back"),
  cost: (wanted, { completion }) => near(completion.cost, wanted, 1e-9, "cost"),
  reasoning: (wanted, { completion }) => assert.equal(completion.toDict().choices[0].message.reasoning ?? null, wanted),
  finish_reason: (wanted, { completion }) => assert.equal(completion.toDict().choices[0].finish_reason ?? null, wanted),
  tool_calls(wanted, { completion }) {
    const calls = completion.toDict().choices[0].message.tool_calls ?? [];
    inOrder("tool_calls", wanted, calls, ["name", "arguments", "id"], (want, got) => {
      assert.equal(got.function.name, want.name);
      if ("arguments" in want) assert.equal(got.function.arguments, want.arguments);
      if ("id" in want) assert.equal(got.id, want.id);
    });
  },
  usage: (wanted, { completion }) => partOf(wanted, completion.toDict().usage, "usage"),
  body_contains: (wanted, { completion }) => partOf(wanted, completion.toDict(), "body"),
  deltas: (wanted, { deltas }) => assert.equal(deltas, wanted),
  error(wanted, { error }) {
    onlyKnown(wanted, Object.keys(ERROR_CHECKS));
    for (const [key, value] of Object.entries(wanted)) ERROR_CHECKS[key](value, error);
  },
  attempts(wanted, { trace }) {
    inOrder("attempts", wanted, trace.attempts, ["kind", "label", "model", "status"], (want, got) => {
      for (const key of Object.keys(want)) assert.equal(got[key], want[key], key);
    });
  },
  skipped(wanted, { trace }) {
    inOrder("skipped", wanted, trace.toJSON().skipped, ["model", "label", "reason_contains"], (want, got) => {
      const { reason_contains, ...exact } = want;
      partOf(exact, got, "skipped");
      if (reason_contains !== undefined) assert.ok(got.reason.includes(reason_contains), got.reason);
    });
  },
  events: (wanted, { trace }) => assert.deepEqual(trace.events.map((e) => e.name), wanted),
  requests(wanted, { requests }) {
    inOrder("requests", wanted, requests, ["model", "path", "body", "body_contains", "body_lacks", "headers"], (want, got) => {
      if ("model" in want) assert.equal(got.model, want.model);
      if ("path" in want) assert.equal(got.path, want.path);
      if ("body" in want) assert.deepEqual(got.body, want.body);
      if ("body_contains" in want) partOf(want.body_contains, got.body, "body");
      for (const key of want.body_lacks ?? []) assert.ok(!(key in got.body), key);
      for (const [name, value] of Object.entries(want.headers ?? {})) assert.equal(got.headers[name] ?? null, value, name);
    });
  },
  requests_per_model(wanted, { requests }) {
    const counts = {};
    for (const { model } of requests) counts[model] = (counts[model] ?? 0) + 1;
    assert.deepEqual(counts, wanted);
  },
  seconds(wanted, { seconds }) {
    onlyKnown(wanted, ["min", "max"]);
    assert.ok(seconds >= (wanted.min ?? 0) && seconds <= (wanted.max ?? Infinity), `took ${seconds} s`);
  },
};

const attribute = (key) => (wanted, error) => assert.equal(error[key], wanted, key);
const ERROR_CHECKS = {
  kind: attribute("kind"),
  class: (wanted, error) => assert.equal(error.constructor.name, wanted),
  status: attribute("status"),
  field: (wanted, error) => assert.ok([wanted, spelled(wanted)].includes(error.field), `${error.field} is not ${wanted}`),
  retryable: attribute("retryable"),
  model: attribute("model"),
  label: attribute("label"),
  request_id: attribute("request_id"),
  retry_after: (wanted, error) => near(error.retry_after, wanted, 0.1, "retry_after"),
  message_contains: (wanted, { message }) => assert.ok([wanted, spelled(wanted)].some((w) => message.includes(w)), message),
  message_lacks: (wanted, { message }) => assert.ok(!message.includes(wanted), message),
  partial_text: (wanted, error) => assert.equal(error.partial.text, wanted),
  cause_kind: (wanted, error) => assert.equal(error.cause.kind, wanted),
};

/** A path or word with its first word as TypeScript spells the option. */
function spelled(text) {
  return text.replace(/^\w+/, (word) => CALL_WORDS[word] ?? CLIENT_WORDS[word] ?? word);
}

function onlyKnown(object, known) {
  for (const key of Object.keys(object)) assert.ok(known.includes(key), `this runner does not know the key ${key}`);
}

function inOrder(what, wanted, got, known, compare) {
  assert.equal(got.length, wanted.length, `${what}: ${JSON.stringify(got)}`);
  wanted.forEach((want, i) => {
    onlyKnown(want, known);
    compare(want, got[i]);
  });
}

function near(got, wanted, by, what) {
  if (wanted === null || got === null) assert.equal(got, wanted, what);
  else assert.ok(Math.abs(got - wanted) <= by, `${what}: ${got} is not ${wanted}`);
}

/** Every key of `wanted` is in `got`, and its value is again a part of it. */
function partOf(wanted, got, path) {
  if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(got) && got.length === wanted.length, `${path}: ${JSON.stringify(got)}`);
    wanted.forEach((want, i) => partOf(want, got[i], `${path}[${i}]`));
  } else if (wanted !== null && typeof wanted === "object") {
    assert.ok(got !== null && typeof got === "object" && !Array.isArray(got), `${path}: ${JSON.stringify(got)}`);
    for (const key of Object.keys(wanted)) {
      assert.ok(Object.hasOwn(got, key), `${path}.${key} is missing`);
      partOf(wanted[key], got[key], `${path}.${key}`);
    }
  } else {
    assert.equal(got, wanted, path);
  }
}
