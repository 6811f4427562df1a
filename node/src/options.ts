/** Options of clients and calls. Names only: what values mean and may be is checked by the engine. */
import type { Endpoint, Link, Policy } from "./types.js";

/** A link, or a model's id for a link with nothing else. */
export type LinkLike = string | Link;

export interface ClientOptions {
  /** Default: `OPENROUTER_API_KEY`. */
  apiKey?: string | null | undefined;
  /** Default: `OPENROUTER_BASE_URL`, else OpenRouter. */
  baseURL?: string | null | undefined;
  /** Sent as `HTTP-Referer`. */
  appUrl?: string | null | undefined;
  /** Sent as `X-Title`. */
  appName?: string | null | undefined;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | null | undefined;
  /** Further endpoints by name, for links. */
  endpoints?: Readonly<Record<string, Endpoint>> | null | undefined;
  /** Used by calls that name nothing else. */
  chain?: readonly LinkLike[] | null | undefined;
  /** Chains by capability, over those made from the catalogue. */
  capabilities?: Readonly<Record<string, readonly LinkLike[]>> | null | undefined;
  policy?: Policy | null | undefined;
  /** Limit of a whole call, in milliseconds. */
  timeoutMs?: number | null | undefined;
  /** Own rules for reading errors, after ours: `{ when: { status, word, text }, kind, scope, retryable }`. */
  rules?: readonly { readonly [field: string]: unknown }[] | null | undefined;
  /** Whether breakers and cooldowns are shared by the clients of the process. Default: shared. */
  guards?: "process" | "own" | null | undefined;
}

export interface CallOptions {
  /** Limit of the whole call, in milliseconds. */
  timeoutMs?: number | null | undefined;
  /** Merged deeply over the client's policy. */
  policy?: Policy | null | undefined;
  /** Kept in the record of the call. */
  tags?: Readonly<Record<string, string>> | null | undefined;
  /** Aborting it ends the call, closes the connection and rejects with the signal's reason. */
  signal?: AbortSignal | null | undefined;
  /** Fields merged into the request. */
  extraBody?: { readonly [field: string]: unknown } | null | undefined;
  /** Headers of this call. */
  extraHeaders?: Readonly<Record<string, string>> | null | undefined;
}
