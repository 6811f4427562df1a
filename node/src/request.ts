/**
 * What the caller wrote, made into the one flat JSON object that the bridge reads.
 *
 * Knows the names of options. Must not know what they do: values are checked by the engine. Invariants: an unknown
 * option is an error that names the nearest word; nothing is changed in silence.
 */
import { ConfigError, InvalidRequestError } from "./errors.js";
import type { Words } from "./failure.js";
import { pathText, type Problem, problemIn } from "./json.js";
import { nearest } from "./nearest.js";
import type { CallOptions } from "./options.js";

/** Constructor options, and their keys in the data. */
const CLIENT: Words = {
  apiKey: "api_key",
  baseURL: "base_url",
  appUrl: "app_url",
  appName: "app_name",
  headers: "headers",
  endpoints: "endpoints",
  chain: "chain",
  tiers: "tiers",
  capabilities: "capabilities",
  policy: "policy",
  timeoutMs: "timeout",
  budgets: "budgets",
  ledger: "ledger",
  catalog: "catalog",
  guards: "guards",
  hooks: "hooks",
  logger: "logger",
  rules: "rules",
  config: "config",
};

/** Call options, and their keys in the data; `signal` stays on this side. */
const CALL: Words = {
  timeoutMs: "timeout",
  policy: "policy",
  tags: "tags",
  extraBody: "extra_body",
  extraHeaders: "extra_headers",
};

/** What in a request is ours and not the wire's. */
const SELECTORS = ["model", "models", "fallbacks", "chain", "tier", "capability", "mode"];
const OWN: ReadonlySet<unknown> = new Set(SELECTORS.concat(Object.values(CALL)));

export const CLIENT_WORDS = inverse(CLIENT);
/** A call may meet what is wrong with the client too. */
export const CALL_WORDS = { ...CLIENT_WORDS, ...inverse(CALL) };

type Loose = Record<string, unknown>;

/** Constructor options as JSON text. */
export function clientJson(options: object): string {
  const out: Loose = {};
  for (const [name, value] of known(options, CLIENT)) out[CLIENT[name]!] = inSeconds(name, value);
  return JSON.stringify(out);
}

/** A request and its options as JSON text. */
export function callJson(body: object, options: CallOptions | null | undefined): string {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new InvalidRequestError("the request must be an object such as { messages: \"…\" }", { field: "" });
  }
  for (const name of ["timeout", "timeoutMs", "signal", "extraBody", "extraHeaders"]) {
    if (name in body) throw misplaced(name);
  }
  const problem = problemIn(body);
  if (problem !== undefined) throw bad(OWN.has(problem.path[0]) ? ConfigError : InvalidRequestError, problem);
  const out: Loose = { ...body };
  for (const [name, value] of known(options ?? {}, { ...CALL, signal: "" })) {
    if (name === "signal") continue;
    const key = CALL[name]!;
    if (out[key] !== undefined) {
      throw new ConfigError(`${name}: given twice, in the request as ${key} and in the options`, { field: name });
    }
    out[key] = inSeconds(name, value);
  }
  return JSON.stringify(out);
}

/** Filters of `models()` as JSON text. */
export function filtersJson(filters: object): string {
  const problem = problemIn(filters);
  if (problem !== undefined) throw bad(ConfigError, problem);
  return JSON.stringify(filters);
}

/** The options that are set, each with a known name and a value that JSON can carry. */
function* known(options: object, names: Words): Generator<[string, unknown]> {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ConfigError("options must be an object", { field: "" });
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(names, name)) {
      const near = nearest(name, Object.keys(names));
      throw new ConfigError(`${name}: unknown option${near === undefined ? "" : `; did you mean ${near}?`}`, { field: name });
    }
    if (value === undefined || value === null) continue;
    if (name !== "signal") {
      const problem = problemIn(value);
      if (problem !== undefined) {
        problem.path.unshift(name);
        throw bad(ConfigError, problem);
      }
    }
    yield [name, value];
  }
}

function inSeconds(name: string, value: unknown): unknown {
  return name === "timeoutMs" && typeof value === "number" ? value / 1000 : value;
}

function bad(kind: new (message: string, facts: { field: string }) => Error, problem: Problem): Error {
  const field = pathText(problem.path);
  return new kind(`${field}: ${problem.what}`, { field });
}

function misplaced(name: string): Error {
  const word = name === "timeout" ? "timeoutMs, in milliseconds," : name;
  return new ConfigError(`${name}: ${word} belongs in the second argument, the options`, { field: name });
}

function inverse(words: Words): Words {
  return Object.fromEntries(Object.entries(words).map(([name, key]) => [key, name]));
}
