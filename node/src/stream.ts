/**
 * A stream of deltas.
 *
 * Knows how to pull. Must not know what pieces mean. Invariants: nothing is sent before the first step, and errors
 * come there; whatever ends the iteration early closes the connection; `completion` always settles and never makes
 * an unhandled rejection; an `AbortSignal` has our listener only between the first step and the end.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { onAbort } from "./abort.js";
import { Completion } from "./completion.js";
import { type Delta, deltasOf } from "./delta.js";
import { CancelledError } from "./errors.js";
import { failureOf } from "./failure.js";
import { ask, FAILED, FINISHED, type NativeCall } from "./native.js";
import { CALL_WORDS } from "./request.js";

/** Streams that nobody holds any more leave their signals. */
const abandoned = new FinalizationRegistry<() => void>((release) => release());

export class CompletionStream implements AsyncIterableIterator<Delta> {
  readonly #open: () => NativeCall;
  readonly #signal: AbortSignal | undefined;
  readonly #completion: Promise<Completion>;
  #settle!: { resolve(completion: Completion): void; reject(error: unknown): void };
  #call: NativeCall | undefined;
  /** Takes the signal's hand off the call. */
  #release: (() => void) | undefined;
  #ready: Delta[] = [];
  #at = 0;
  #filling: Promise<void> | undefined;
  #state: "new" | "running" | "ended" = "new";
  /** Thrown at the next step, once. */
  #error: { reason: unknown } | undefined;

  /** `open` makes the call, or throws what is wrong with it. @internal */
  constructor(open: () => NativeCall, signal: AbortSignal | undefined) {
    this.#open = open;
    this.#signal = signal;
    this.#completion = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#completion.catch(() => undefined);
  }

  /**
   * The whole answer; rejects with what ended the stream. Asking for it reads the stream to its end, so that nobody
   * waits for ever; pieces that are not iterated yet are kept.
   */
  get completion(): Promise<Completion> {
    void this.#drain();
    return this.#completion;
  }

  next(): Promise<IteratorResult<Delta, undefined>> {
    if (this.#at < this.#ready.length) {
      return Promise.resolve({ value: this.#ready[this.#at++]!, done: false });
    }
    return this.#step();
  }

  /** Ends the stream and closes the connection; `break` in `for await` comes here. */
  return(): Promise<IteratorResult<Delta, undefined>> {
    this.close();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Ends the stream, closes the connection and rejects with `error`. */
  throw(error?: unknown): Promise<IteratorResult<Delta, undefined>> {
    this.close();
    return Promise.reject(error);
  }

  /** Ends the stream and closes the connection. Does nothing after the end. */
  close(): void {
    this.#ready = [];
    this.#at = 0;
    this.#error = undefined;
    this.#end(() => this.#settle.reject(new CancelledError("the stream was closed before its end")));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  async #step(): Promise<IteratorResult<Delta, undefined>> {
    while (this.#at >= this.#ready.length) {
      if (this.#state === "ended") {
        const error = this.#error;
        this.#error = undefined;
        if (error !== undefined) throw error.reason;
        return { value: undefined, done: true };
      }
      await this.#fill();
    }
    return { value: this.#ready[this.#at++]!, done: false };
  }

  async #drain(): Promise<void> {
    while (this.#state !== "ended") await this.#fill();
  }

  /** Gets the next batch; all who ask meanwhile wait for the same one. Never rejects; one that ends at once has ended the stream. */
  #fill(): Promise<void> {
    this.#filling ??= this.#pull();
    return this.#filling;
  }

  async #pull(): Promise<void> {
    try {
      this.#signal?.throwIfAborted();
      const call = this.#call ?? this.#start();
      const answer = await ask(call, "pull");
      if (this.#hasEnded()) return;
      if (answer.shape === FAILED) throw failureOf(answer.text, CALL_WORDS);
      if (answer.shape === FINISHED) {
        const completion = new Completion(answer.text, call);
        this.#end(() => this.#settle.resolve(completion));
        return;
      }
      const deltas = deltasOf(answer.text, answer.lazy ?? "[]");
      this.#ready = this.#at < this.#ready.length ? this.#ready.slice(this.#at).concat(deltas) : deltas;
      this.#at = 0;
    } catch (error) {
      const reason = this.#signal?.aborted ? this.#signal.reason : error;
      this.#end(() => {
        this.#error = { reason };
        this.#settle.reject(reason);
      });
    } finally {
      this.#filling = undefined;
    }
  }

  #start(): NativeCall {
    const call = this.#open();
    this.#call = call;
    this.#state = "running";
    if (this.#signal !== undefined) {
      // Weak: a signal that outlives an abandoned stream must not keep its connection.
      const weak = new WeakRef(call);
      this.#release = onAbort(this.#signal, () => weak.deref()?.cancel());
      abandoned.register(call, this.#release, call);
    }
    return call;
  }

  #hasEnded(): boolean {
    return this.#state === "ended";
  }

  #end(settle: () => void): void {
    if (this.#hasEnded()) return;
    this.#state = "ended";
    this.#release?.();
    if (this.#call !== undefined) {
      abandoned.unregister(this.#call);
      this.#call.cancel();
      this.#call = undefined;
    }
    settle();
  }
}
