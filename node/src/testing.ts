/** A scripted provider on a loopback port, for tests. Knows nothing of scripts: the simulator's README describes them. */
/// <reference lib="esnext.disposable" preserve="true" />
import { native, type NativeSimulator, orThrow } from "./native.js";

/** What the simulator saw of one request; times in seconds. */
export interface SimulatedRequest {
  method: string;
  path: string;
  /** Names in lower case; the key is masked. */
  headers: Record<string, string>;
  /** The model asked for, or an empty string. */
  model: string;
  stream: boolean;
  /** The body, parsed; `null` if it was no JSON. */
  body: unknown;
  /** Number of the connection, from 0. */
  connection: number;
  received_at: number;
  /** How it ended, and how long after it came. */
  ended: { how: "pending" | "answered" | "cut" | "reset" | "client_closed"; after: number | null };
}

/** Running ones stay until they are closed, whether somebody holds them or not; they keep no process alive. */
const running = new Set<Simulator>();

/** Answers as its script says: statuses, bodies, streams, delays, cuts, silence. */
export class Simulator {
  readonly #native: NativeSimulator;

  /** Starts it. Throws a ConfigError that names the wrong key of the script. */
  constructor(script: { readonly [key: string]: unknown }) {
    this.#native = orThrow(native().addon.NativeSimulator.start(JSON.stringify(script)));
    running.add(this);
  }

  /** The `baseURL` for a client. */
  get url(): string {
    return this.#native.url();
  }

  /** What came in so far. */
  get requests(): SimulatedRequest[] {
    return JSON.parse(this.#native.requestsJson()) as SimulatedRequest[];
  }

  /** Closes all connections. */
  close(): void {
    running.delete(this);
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
