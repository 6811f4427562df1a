/** A scripted provider on a loopback port, for tests. Knows nothing of scripts: the README of the vectors describes them. */
/// <reference lib="esnext.disposable" preserve="true" />
import { native, type NativeSimulator, orThrow } from "./native.js";
import type { Data } from "./options.js";

/** What the simulator saw of one request. */
export interface SimulatedRequest {
  [key: string]: unknown;
}

/** Answers as its script says: statuses, bodies, streams, delays, cuts, silence. */
export class Simulator {
  readonly #native: NativeSimulator;

  /** Starts it. Throws a ConfigError that names the wrong key of the script. */
  constructor(script: Data) {
    this.#native = orThrow(native().addon.NativeSimulator.start(JSON.stringify(script)));
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
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
