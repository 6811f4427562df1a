/** Bad input: a typed error that names the field, never the secret, before anything is sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, ResilientCompletionError } from "resilient-completion";
import { Simulator } from "resilient-completion/testing";
import { ASK, HELLO, open } from "./helpers.mjs";

const SECRET = "sk-very-secret-key";
const user = (content) => ({ model: "a/b", messages: [{ role: "user", content }] });
const cycle = {};
cycle.self = cycle;

function check(error, name, field) {
  assert.ok(error instanceof ResilientCompletionError, inspect(error));
  assert.equal(error.name, name, error.message);
  assert.equal(error.field, field, error.message);
  if (field) assert.ok(error.message.includes(field), error.message);
  assert.doesNotMatch(inspect(error) + JSON.stringify(error), new RegExp(SECRET));
  return true;
}

/** Constructor options: [what, options, class, field, part of the message]. */
const OPTIONS = [
  ["an unknown option", { apiKy: SECRET }, "ConfigError", "apiKy", /apiKey/],
  ["the data's spelling", { base_url: "http://x" }, "ConfigError", "base_url", /baseURL/],
  ["an unknown option without a neighbour", { zzzzzzzz: 1 }, "ConfigError", "zzzzzzzz", /unknown/],
  ["a URL without scheme", { apiKey: SECRET, baseURL: "openrouter.ai/api/v1" }, "ConfigError", "baseURL", /http/],
  ["a key with a trailing newline", { apiKey: `${SECRET}\n` }, "ConfigError", "apiKey", /./],
  ["a header with a line break", { apiKey: SECRET, headers: { "x-a": "b\r\nx-evil: 1" } }, "ConfigError", 'headers["x-a"]', /./],
  ["an empty chain", { apiKey: SECRET, chain: [] }, "ConfigError", "chain", /./],
  ["an unknown link field", { apiKey: SECRET, chain: [{ model: "a/b", tiemout: 3 }] }, "ConfigError", "chain[0].tiemout", /timeout/],
  ["a policy key that is unknown", { apiKey: SECRET, policy: { retrys: 1 } }, "ConfigError", "policy.retrys", /retries/],
  ["guards of another kind", { apiKey: SECRET, guards: "all" }, "ConfigError", "guards", /process|own/],
  ["a key that is no string", { apiKey: 7 }, "ConfigError", "apiKey", /./],
  ["a BigInt", { apiKey: SECRET, policy: { retries: 1n } }, "ConfigError", "policy.retries", /BigInt/],
  ["options that are no object", "sk", "ConfigError", "", /object/],
];
for (const [what, options, name, field, says] of OPTIONS) {
  test(`constructor: ${what}`, () => {
    assert.throws(
      () => new Client(options),
      (e) => check(e, name, field) && (assert.match(e.message, says), true),
    );
  });
}

test("no key anywhere", async () => {
  const client = new Client();
  await assert.rejects(client.complete(ASK), (e) => {
    check(e, "ConfigError", "apiKey");
    assert.match(e.message, /OPENROUTER_API_KEY/);
    assert.doesNotMatch(e.message, /api_key/);
    return true;
  });
});

/** Calls: [what, request, options, class, field, part of the message]. */
const CALLS = [
  ["no messages", { model: "a/b" }, {}, "InvalidRequestError", "messages", /./],
  ["empty messages", { model: "a/b", messages: [] }, {}, "InvalidRequestError", "messages", /./],
  ["a request that is a string", "Hi", {}, "InvalidRequestError", "", /object/],
  ["a wrong type at depth", user([{ type: "text", text: 7 }]), {}, "InvalidRequestError", "messages[0].content[0].text", /string/],
  ["NaN", { ...ASK, temperature: NaN }, {}, "InvalidRequestError", "temperature", /NaN/],
  ["NaN at depth", { ...ASK, x: { y: [0, { z: Infinity }] } }, {}, "InvalidRequestError", "x.y[1].z", /Infinity/],
  ["a BigInt", { ...ASK, seed: 1n }, {}, "InvalidRequestError", "seed", /BigInt/],
  ["an integer beyond 2^53", { ...ASK, seed: 2 ** 53 }, {}, "InvalidRequestError", "seed", /./],
  ["a function", { ...ASK, tools: [{ type: "function", function: { name: "f", run: () => 1 } }] }, {}, "InvalidRequestError", "tools[0].function.run", /function/],
  ["a symbol", { ...ASK, user: Symbol("x") }, {}, "InvalidRequestError", "user", /symbol/],
  ["undefined in a list", { ...ASK, stop: ["a", undefined] }, {}, "InvalidRequestError", "stop[1]", /undefined/],
  ["a Map", { ...ASK, metadata: new Map([["a", "b"]]) }, {}, "InvalidRequestError", "metadata", /Map/],
  ["a missing await", { ...ASK, messages: Promise.resolve([]) }, {}, "InvalidRequestError", "messages", /await/],
  ["bytes", user([{ type: "text", text: new Uint8Array(2) }]), {}, "InvalidRequestError", "messages[0].content[0].text", /Uint8Array/],
  ["a lone surrogate", user("a\ud83db"), {}, "InvalidRequestError", "messages[0].content", /surrogate/],
  ["a lone surrogate in a key", { ...ASK, "x\udc00": 1 }, {}, "InvalidRequestError", undefined, /surrogate/],
  ["an unknown call option", ASK, { timeoutMS: 5 }, "ConfigError", "timeoutMS", /timeoutMs/],
  ["seconds where milliseconds are meant", ASK, { timeout: 5 }, "ConfigError", "timeout", /timeoutMs/],
  ["a limit of zero", ASK, { timeoutMs: 0 }, "ConfigError", "timeoutMs", /./],
  ["a negative limit", ASK, { timeoutMs: -1 }, "ConfigError", "timeoutMs", /./],
  ["a limit that is no number", ASK, { timeoutMs: "5" }, "ConfigError", "timeoutMs", /number/],
  ["NaN as a limit", ASK, { timeoutMs: NaN }, "ConfigError", "timeoutMs", /NaN/],
  ["an option in the request", { ...ASK, signal: AbortSignal.abort() }, {}, "ConfigError", "signal", /second argument/],
  ["timeout in the request", { ...ASK, timeout: 5 }, {}, "ConfigError", "timeout", /timeoutMs/],
  ["tags given twice", { ...ASK, tags: { a: "b" } }, { tags: { a: "c" } }, "ConfigError", "tags", /twice/],
  ["a header with a line break", ASK, { extraHeaders: { "x-a": "b\nc" } }, "ConfigError", 'extraHeaders["x-a"]', /./],
  ["an unknown link field", { messages: "Hi", chain: [{ model: "a/b", lable: "x" }] }, {}, "ConfigError", "chain[0].lable", /label/],
  ["a zero timeout of a link", { messages: "Hi", chain: [{ model: "a/b", timeout: 0 }] }, {}, "ConfigError", "chain[0].timeout", /./],
  ["an empty chain", { messages: "Hi", chain: [] }, {}, "ConfigError", "chain", /./],
  ["two selectors", { ...ASK, chain: [{ model: "c/d" }] }, {}, "ConfigError", "chain", /./],
  ["stream in complete()", { ...ASK, stream: true }, {}, "ConfigError", "stream", /stream\(\)/],
];
for (const [what, request, options, name, field, says] of CALLS) {
  test(`call: ${what}`, async (t) => {
    const { client, simulator } = open(t, HELLO, { apiKey: SECRET });
    const found = (e) => {
      check(e, name, field ?? e.field);
      assert.match(e.message, says);
      return true;
    };
    await assert.rejects(client.complete(request, options), found);
    if (!what.startsWith("stream in")) {
      await assert.rejects(client.stream(request, options).next(), found);
      assert.throws(() => client.plan(request, options), found);
    }
    assert.equal(simulator.requests.length, 0);
  });
}

test("call: a cycle", async (t) => {
  const { client } = open(t, HELLO);
  await assert.rejects(client.complete({ ...ASK, metadata: cycle }), (e) => {
    assert.equal(e.name, "InvalidRequestError");
    assert.match(e.field, /^metadata\.self/);
    assert.match(e.message, /cycle/);
    assert.ok(e.message.length < 200, e.message);
    return true;
  });
});

test("what JSON can carry goes through: Dates, undefined fields, objects with toJSON, classes", async (t) => {
  const { client, simulator } = open(t, HELLO);
  class Message {
    role = "user";
    content = "Hi";
  }
  await client.complete({ model: "a/b", messages: [new Message()], top_p: undefined, metadata: { at: new Date(0), self: { toJSON: () => "made" } } });
  const { body } = simulator.requests[0];
  assert.deepEqual(body.messages, [{ role: "user", content: "Hi" }]);
  assert.deepEqual(body.metadata, { at: "1970-01-01T00:00:00.000Z", self: "made" });
  assert.ok(!("top_p" in body));
});

test("the simulator refuses a script that it does not understand", () => {
  assert.throws(() => new Simulator({ modles: {} }), { name: "ConfigError" });
});
