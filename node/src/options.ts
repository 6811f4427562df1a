/** Options of clients and calls. Names only: what values mean and may be is checked by the engine. */

/** Data with snake_case keys, as in the configuration file. */
export type Data = { readonly [key: string]: unknown };

/** A link of a chain: a model's id, or `model` with endpoint, limits, label and wire fields of its own. */
export type Link =
  | string
  | {
      readonly model?: string;
      readonly models?: readonly string[];
      readonly endpoint?: string;
      readonly api_key?: string;
      /** Limit of the attempt, in seconds. */
      readonly timeout?: number;
      readonly label?: string;
      readonly retries?: number;
      readonly weight?: number;
      readonly [field: string]: unknown;
    };

export interface ClientOptions {
  /** Default: `OPENROUTER_API_KEY`. */
  apiKey?: string | undefined;
  /** Default: `OPENROUTER_BASE_URL`, else OpenRouter. */
  baseURL?: string | undefined;
  /** Sent as `HTTP-Referer`. */
  appUrl?: string | undefined;
  /** Sent as `X-Title`. */
  appName?: string | undefined;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Further endpoints by name. */
  endpoints?: Readonly<Record<string, Data>> | undefined;
  /** Used by calls that name no model. */
  chain?: readonly Link[] | undefined;
  tiers?: Readonly<Record<string, Data>> | undefined;
  capabilities?: Readonly<Record<string, unknown>> | undefined;
  policy?: Data | undefined;
  budgets?: Readonly<Record<string, Data>> | undefined;
  ledger?: string | Data | undefined;
  catalog?: string | Data | undefined;
  /** Whether breakers and cooldowns are shared by the clients of the process. */
  guards?: "process" | "own" | undefined;
  hooks?: Data | undefined;
  logger?: Data | undefined;
  /** Own classifier rules. */
  rules?: readonly Data[] | undefined;
  /** A configuration file. Default: `RESILIENT_COMPLETION_CONFIG`. */
  config?: string | undefined;
}

export interface CallOptions {
  /** Limit of the whole call, in milliseconds. */
  timeoutMs?: number | undefined;
  /** Merged deeply over the client's policy. */
  policy?: Data | undefined;
  /** Kept in the record of the call. */
  tags?: Readonly<Record<string, string>> | readonly string[] | undefined;
  /** Aborting it ends the call, closes the connection and rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Fields merged into the request. */
  extraBody?: Data | undefined;
  /** Headers of this call. */
  extraHeaders?: Readonly<Record<string, string>> | undefined;
}
