/**
 * The client.
 *
 * Knows options and the addon. Must not know policy. Invariants: an aborted signal rejects with its own reason; no
 * listener outlives its call.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import { onAbort } from "./abort.js";
import { Completion } from "./completion.js";
import { ConfigError } from "./errors.js";
import { failureOf } from "./failure.js";
import { ask, FAILED, native, type NativeCall, type NativeClient, orThrow, read } from "./native.js";
import type { CallOptions, ClientOptions, LinkLike } from "./options.js";
import { Plan, type PlanData } from "./plan.js";
import { CALL_WORDS, callJson, CLIENT_WORDS, clientJson, filtersJson } from "./request.js";
import { CompletionStream } from "./stream.js";
import type { ChatRequest } from "./types.js";

/** A request with the choice of what to try; fields that stand in no list pass as they are, see `extraBody`. */
export interface Request extends Omit<ChatRequest, "model" | "models" | "stream" | "prompt" | "tags"> {
  /** A model, or several separated by commas. */
  readonly model?: string | null | undefined;
  /** Models in order; with `model`, those after it. */
  readonly models?: readonly string[] | null | undefined;
  /** Models after `model`. */
  readonly fallbacks?: readonly string[] | null | undefined;
  /** Links in order, each with its own limits. */
  readonly chain?: readonly LinkLike[] | null | undefined;
  /** What the model must be able to do. */
  readonly capability?: string | readonly string[] | null | undefined;
  /** Who walks a list of models. */
  readonly mode?: "auto" | "server" | "client" | null | undefined;
}

/** A row of the catalogue. */
export interface Model {
  readonly id: string;
  readonly [fact: string]: unknown;
}

/** What is known about models, where from and when. */
export interface Catalog {
  readonly source: string;
  readonly date: string;
  readonly models: readonly Model[];
}

/** State of the guards. */
export interface Health {
  readonly [key: string]: unknown;
  /** Forgets it all. */
  reset(): void;
}

/** Sends chat completions; make one and keep it. */
export class Client {
  /** The OpenAI-shaped spelling. */
  readonly chat: { readonly completions: { readonly create: Create } };
  readonly #native: NativeClient;

  /** Throws a ConfigError that names the option. */
  constructor(options: ClientOptions = {}) {
    const { addon, port } = native();
    this.#native = orThrow(addon.NativeClient.open(port, clientJson(options)), CLIENT_WORDS);
    this.chat = { completions: { create: this.#create as Create } };
  }

  /** The whole answer. */
  async complete(request: Request, options?: CallOptions): Promise<Completion> {
    const signal = options?.signal ?? undefined;
    signal?.throwIfAborted();
    const call = this.#call(withoutStream(request, false), options, false);
    const release = signal && onAbort(signal, () => call.cancel());
    try {
      const answer = await ask(call, "complete");
      if (answer.shape === FAILED) throw failureOf(answer.text, CALL_WORDS);
      return new Completion(answer.text, call);
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    } finally {
      release?.();
    }
  }

  /** The answer in pieces; errors come at the first step. */
  stream(request: Request, options?: CallOptions): CompletionStream {
    let made: { call: NativeCall } | { error: unknown };
    try {
      made = { call: this.#call(withoutStream(request, true), options, true) };
    } catch (error) {
      made = { error };
    }
    return new CompletionStream(() => {
      if ("error" in made) throw made.error;
      return made.call;
    }, options?.signal ?? undefined);
  }

  /** What a call would do; sends nothing. */
  plan(request: Request, options?: CallOptions): Plan {
    return new Plan(read(this.#native.plan(callJson(request, options)), CALL_WORDS) as PlanData);
  }

  /** The catalogue. */
  models(filters: object = {}): Catalog {
    return read(this.#native.models(filtersJson(filters))) as Catalog;
  }

  /** What the guards know: breakers, cooldowns, latency, retry tokens. */
  health(): Health {
    const state = read(this.#native.health()) as object;
    const reset = () => this.#native.resetHealth();
    return Object.defineProperty({ ...state }, "reset", { value: reset, enumerable: false }) as unknown as Health;
  }

  /** Ends calls in flight and refuses new ones. */
  close(): void {
    this.#native.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #call(request: object, options: CallOptions | undefined, stream: boolean): NativeCall {
    return orThrow(this.#native.call(callJson(request, options), stream), CALL_WORDS);
  }

  #create = async (request: Request & { stream?: boolean | null }, options?: CallOptions): Promise<Completion | CompletionStream> => {
    const { stream, ...rest } = request;
    return stream === true ? this.stream(rest, options) : this.complete(rest, options);
  };
}

/** `stream: true` gives a stream, anything else a completion. */
export interface Create {
  (request: Request & { stream: true }, options?: CallOptions): Promise<CompletionStream>;
  (request: Request & { stream?: false | null }, options?: CallOptions): Promise<Completion>;
  (request: Request & { stream?: boolean | null }, options?: CallOptions): Promise<Completion | CompletionStream>;
}

/** `stream` in a request may say what the method does anyway; saying the opposite is a mistake. */
function withoutStream(request: Request & { stream?: unknown }, wanted: boolean): object {
  if (request === null || typeof request !== "object" || !("stream" in request)) return request;
  const { stream, ...rest } = request;
  if (stream !== undefined && stream !== null && stream !== wanted) {
    throw new ConfigError(`stream: use client.${wanted ? "complete" : "stream"}() or chat.completions.create()`, { field: "stream" });
  }
  return rest;
}
