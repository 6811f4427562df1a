/** Errors: one class for each kind, attributes, causes, and what a printed one shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import * as package_ from "resilient-completion";
import { ASK, HELLO, open } from "./helpers.mjs";

const { KINDS, ResilientCompletionError } = package_;
const ATTRIBUTES = ["kind", "status", "retryable", "retry_after", "model", "label", "request_id", "body", "field", "attempts", "trace"];

test("every kind has a class of its own, and all are ResilientCompletionError", () => {
  const names = new Set();
  for (const kind of KINDS) {
    const error = ResilientCompletionError.fromEnvelope({
      kind,
      message: `about ${kind}`,
      status: 418,
      retry_after: 2.5,
      model: "a/b",
      label: "first",
      request_id: "req-1",
      body: "{}",
      field: "x",
      attempts: [{ label: "first" }],
      cause: { kind: "timeout", message: "before" },
    });
    assert.ok(error instanceof Error && error instanceof ResilientCompletionError, kind);
    assert.equal(error.kind, kind);
    assert.equal(error.name, error.constructor.name);
    assert.equal(package_[error.name], error.constructor, `${error.name} is exported`);
    assert.equal(error.message, `about ${kind}`);
    assert.deepEqual([error.status, error.retry_after, error.model, error.label, error.request_id, error.body, error.field], [418, 2.5, "a/b", "first", "req-1", "{}", "x"]);
    assert.equal(error.attempts[0].label, "first");
    assert.ok(error.cause instanceof package_.TimeoutError && error.cause.kind === "timeout");
    names.add(error.name);
  }
  assert.equal(names.size, KINDS.length);
});

test("attributes are there when nothing is known, and a printed error is short", () => {
  const error = new package_.ConfigError("chain: is empty", { field: "chain" });
  for (const name of ATTRIBUTES) assert.notEqual(error[name], undefined, name);
  assert.equal(error.kind, "config");
  assert.equal(inspect(error).split("\n    at ")[0], "ConfigError: chain: is empty");
  assert.deepEqual(Object.keys(error).sort(), ["field", "kind", "retryable"]);
});

const STATUSES = [
  [{ error: { code: 400, message: "bad field" } }, "InvalidRequestError", "bad_request", 400],
  [{ error: { code: 401, message: "No auth credentials found" } }, "AuthenticationError", "auth", 401],
  [{ error: { code: 402, message: "Insufficient credits" } }, "InsufficientCreditsError", "credits", 402],
  [{ error: { code: 429, message: "slow down" }, headers: { "retry-after": "7" } }, "RateLimitError", "rate_limited", 429],
  [{ status: 500, body: "oops" }, "ServerError", "server_error", 500],
  [{ fault: "reset" }, "ConnectionError", "connection", null],
  [{ status: 200, body: "<html>", headers: { "content-type": "text/html" } }, "MalformedResponseError", "malformed", null],
];
for (const [step, name, kind, status] of STATUSES) {
  test(`${JSON.stringify(step)} is a ${name}, from complete() and stream()`, async (t) => {
    const { client, simulator } = open(t, { "*": [step] }, { policy: { retries: 0 } });
    for (const call of [() => client.complete(ASK), () => client.stream(ASK).next()]) {
      await assert.rejects(call, (error) => {
        assert.equal(error.name, name, error.message);
        assert.ok(error instanceof package_[name]);
        assert.equal(error.kind, kind);
        assert.equal(error.status, status);
        assert.equal(error.model, "a/b");
        assert.equal(error.attempts.length, 1);
        assert.equal(error.attempts[0].kind, kind);
        assert.equal(error.trace.attempts, error.attempts);
        if (status === 429) assert.equal(error.retry_after, 7);
        assert.doesNotMatch(JSON.stringify(error) + inspect(error), /sk-test/);
        assert.match(error.stack, /errors\.test\.mjs/, "the stack leads to the caller");
        return true;
      });
    }
    assert.ok(simulator.requests.length >= 2);
  });
}

test("nobody listening", async (t) => {
  const { client, simulator } = open(t, HELLO);
  simulator.close();
  await assert.rejects(client.complete(ASK), { name: "ConnectionError", kind: "connection", retryable: true, status: null });
});

test("classify says what we make of an answer", () => {
  const { classify } = package_;
  const body = { error: { code: 429, message: "Rate limit exceeded" } };
  for (const given of [body, JSON.stringify(body), new TextEncoder().encode(JSON.stringify(body))]) {
    const verdict = classify(429, { "retry-after": "3" }, given);
    assert.equal(verdict.kind, "rate_limited");
    assert.equal(verdict.retry_after, 3);
    assert.equal(verdict.retryable, true);
    assert.equal(typeof verdict.rule.name + typeof verdict.rule.source, "stringstring");
  }
  assert.equal(classify(429, new Headers({ "retry-after": "4" }), body).retry_after, 4);
});
