/**
 * The addon: finding it, and waiting for its answers.
 *
 * Knows the crossing. Must not know what answers mean. Invariants: the addon is loaded at first use, once per
 * thread; the process is kept alive exactly while an answer is outstanding; `deliver` never throws.
 */
import { ConfigError } from "./errors.js";
import { failureOf, type Words } from "./failure.js";

export interface Reply {
  ok: boolean;
  text: string;
}

export interface NativeCall {
  complete(ticket: number): void;
  pull(ticket: number): void;
  cancel(): void;
  text(): string;
  traceJson(): string;
}

export interface NativeClient {
  call(call: string, stream: boolean): NativeCall | string;
  plan(call: string): Reply;
  models(filters: string): Reply;
  health(): Reply;
  resetHealth(): void;
  close(): void;
}

export interface NativeSimulator {
  url(): string;
  requestsJson(): string;
  close(): void;
}

interface NativePort {
  hold(): void;
  release(): void;
}

interface Addon {
  Port: new (deliver: (ticket: number, shape: number, text: string, lazy: string | null) => void) => NativePort;
  NativeClient: { open(port: NativePort, options: string): NativeClient | string };
  NativeSimulator: { start(script: string): NativeSimulator | string };
  classify(status: number, headers: string, body: string): Reply;
  runCli(args: string[]): number;
  version(): string;
}

/** Shapes of an answer. */
export const FAILED = 0;
export const FINISHED = 1;

export interface Answer {
  /** FAILED, FINISHED for a completion, else deltas. */
  shape: number;
  text: string;
  /** Deltas only: the events as they came, an array of the same length. */
  lazy: string | null;
}

let loaded: { addon: Addon; port: NativePort } | undefined;
const waiting = new Map<number, (answer: Answer) => void>();
let lastTicket = 0;

/** The addon of this platform; a ConfigError says what to install when there is none. */
export function native(): { addon: Addon; port: NativePort } {
  if (loaded === undefined) {
    const addon = find();
    loaded = { addon, port: new addon.Port(deliver) };
  }
  return loaded;
}

/** The value, or the failure thrown. */
export function orThrow<T extends object>(value: T | string, words?: Words): T {
  if (typeof value === "string") throw failureOf(value, words);
  return value;
}

/** The text of a plain answer, parsed, or the failure thrown. */
export function read(reply: Reply, words?: Words): unknown {
  if (!reply.ok) throw failureOf(reply.text, words);
  return JSON.parse(reply.text);
}

/**
 * Waits for a call's completion or its next deltas. Failures are thrown by who waits, so that stacks lead there. Who
 * waits needs the call afterwards: that keeps the garbage collector from cancelling it.
 */
export function ask(call: NativeCall, what: "complete" | "pull"): Promise<Answer> {
  const { port } = native();
  return new Promise((resolve) => {
    lastTicket = (lastTicket + 1) >>> 0;
    if (waiting.size === 0) port.hold();
    waiting.set(lastTicket, resolve);
    call[what](lastTicket);
  });
}

function deliver(ticket: number, shape: number, text: string, lazy: string | null): void {
  const resolve = waiting.get(ticket);
  if (resolve === undefined) return;
  waiting.delete(ticket);
  if (waiting.size === 0) loaded?.port.release();
  resolve({ shape, text, lazy });
}

function find(): Addon {
  const { version } = require("../../package.json") as { version: string };
  const tried: string[] = [];
  let cause: unknown;
  for (const name of packages()) {
    try {
      const addon = require(name) as Addon;
      if (addon.version() === version) return addon;
      cause = new Error(`${name} is of version ${addon.version()}, resilient-completion of ${version}`);
    } catch (error) {
      cause ??= error;
    }
    tried.push(name);
  }
  const why = cause instanceof Error ? cause.message.split("\n", 1)[0] : "there is no build for it";
  const hint = tried.length === 0 ? why : `${why}; npm installs one of ${tried.join(", ")} unless optional dependencies are left out`;
  throw new ConfigError(`no native library for ${process.platform}-${process.arch}: ${hint}`);
}

/** Both C libraries of Linux are tried: npm installs the right one only, other package managers both. */
function packages(): string[] {
  const base = `resilient-completion-${process.platform}-${process.arch}`;
  switch (process.platform) {
    case "linux":
      return [`${base}-gnu`, `${base}-musl`];
    case "win32":
      return [`${base}-msvc`];
    case "darwin":
      return [base];
    default:
      return [];
  }
}
