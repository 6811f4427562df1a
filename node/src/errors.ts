/**
 * Typed errors, all of them ResilientCompletionError.
 *
 * Generated from the engine's table of kinds by `cargo run -p xtask -- gen errors`; do not edit.
 */
import { type Attempt, Trace, type TraceData } from "./trace.js";

/** Every value that `kind` can have. */
export const KINDS = [
  "rate_limited",
  "overloaded",
  "server_error",
  "timeout",
  "connection",
  "no_provider",
  "auth",
  "permission",
  "credits",
  "budget",
  "context_length",
  "moderation",
  "invalid_model",
  "unsupported_parameter",
  "bad_request",
  "malformed",
  "empty",
  "invalid_output",
  "no_fit",
  "interrupted",
  "cancelled",
  "config",
  "closed",
] as const;

/** What went wrong. */
export type Kind = (typeof KINDS)[number];

/** What had been received when a stream broke. */
export interface PartialAnswer {
  /** Text of the answer so far. */
  text: string;
  /** Reasoning so far. */
  reasoning: string;
}

/** An error as the native part describes it. */
export interface Envelope {
  class?: string | null;
  kind?: string | null;
  message?: string | null;
  field?: string | null;
  status?: number | null;
  retryable?: boolean | null;
  retry_after?: number | null;
  model?: string | null;
  label?: string | null;
  request_id?: string | null;
  body?: string | null;
  partial?: { text?: string | null; reasoning?: string | null } | null;
  cause?: Envelope | null;
  attempts?: Attempt[] | null;
  trace?: TraceData | null;
  request?: unknown;
}

/** Base of everything that this package throws. Properties are null where a fact is not known. */
export class ResilientCompletionError extends Error {
  static readonly brand: string = "ResilientCompletionError";
  static readonly ownKind: Kind | "" = "";
  static readonly retryableByDefault: boolean = false;

  /** What went wrong: one of KINDS. */
  readonly kind: Kind | "";
  /** HTTP status, or the status that the body named inside a 200. */
  readonly status: number | null;
  /** Whether the same request may work later. */
  readonly retryable: boolean;
  /** Seconds that the service asked to wait. */
  readonly retry_after: number | null;
  /** The model asked for when it failed. */
  readonly model: string | null;
  /** The label of the link. */
  readonly label: string | null;
  /** The service's id of the request, for its support. */
  readonly request_id: string | null;
  /** What the service sent, capped, secrets masked. */
  readonly body: string | null;
  /** Path of the offending option or request field, such as `chain[1].timeout`. */
  readonly field: string | null;
  /** The record of the call; null where nothing was planned. */
  declare readonly trace: Trace | null;
  declare protected readonly envelope: Envelope;

  constructor(message?: string, envelope: Envelope = {}) {
    const told = message ?? envelope.message ?? "";
    super(told, envelope.cause ? { cause: ResilientCompletionError.fromEnvelope(envelope.cause) } : {});
    const made = new.target;
    this.kind = (envelope.kind as Kind | null | undefined) ?? made.ownKind;
    this.status = envelope.status ?? null;
    this.retryable = envelope.retryable ?? made.retryableByDefault;
    this.retry_after = envelope.retry_after ?? null;
    this.model = envelope.model ?? null;
    this.label = envelope.label ?? null;
    this.request_id = envelope.request_id ?? null;
    this.body = envelope.body ?? null;
    this.field = envelope.field ?? null;
    // Not enumerable, so that a printed error is short: what is null, the trace, and the envelope behind it all.
    for (const [key, value] of Object.entries(this)) {
      if (value === null) Object.defineProperty(this, key, { enumerable: false });
    }
    const hidden = { enumerable: false, writable: true, configurable: true };
    Object.defineProperty(this, "envelope", { ...hidden, value: { class: made.brand, ...envelope, message: told } });
    Object.defineProperty(this, "name", { ...hidden, value: made.brand });
    Object.defineProperty(this, "trace", { ...hidden, value: envelope.trace ? new Trace(envelope.trace) : null });
  }

  /** Makes the error that an envelope of the native part describes, causes included. */
  static fromEnvelope(envelope: Envelope): ResilientCompletionError {
    const made =
      SUMMARIES[envelope.class ?? ""] ?? BY_KIND[envelope.kind ?? ""] ?? ResilientCompletionError;
    return new made(envelope.message ?? "", envelope);
  }

  /** Every attempt of the call, in order; empty where nothing was sent. */
  get attempts(): Attempt[] {
    return this.trace?.attempts ?? this.envelope.attempts ?? [];
  }

  /** Every fact as JSON, for logs and queues. */
  toJSON(): Envelope {
    return this.envelope;
  }
}

/**
 * The service refused because too many requests were sent.
 *
 * Usual cause: A per-minute or per-day limit of the key, the account, the model or a shared
 * provider pool.
 * What to do: Wait for `retry_after` seconds, add a link on another model or endpoint, or spread
 * the load.
 */
export class RateLimitError extends ResilientCompletionError {
  static override readonly brand: string = "RateLimitError";
  static override readonly ownKind: Kind = "rate_limited";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * The service or provider has no capacity at the moment.
 *
 * Usual cause: Status 503 or 529, or a 429 that says the engine is overloaded rather than that you
 * are too fast.
 * What to do: Add a link on another provider; later the same request will work.
 */
export class OverloadedError extends ResilientCompletionError {
  static override readonly brand: string = "OverloadedError";
  static override readonly ownKind: Kind = "overloaded";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * The service failed on its own account.
 *
 * Usual cause: Status 500 or 502, a gateway's HTML page, or an error object inside a 200 answer.
 * What to do: Add a fallback link; report `request_id` to the service if it lasts.
 */
export class ServerError extends ResilientCompletionError {
  static override readonly brand: string = "ServerError";
  static override readonly ownKind: Kind = "server_error";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * A time limit ran out: connect, first token, between tokens, attempt or total.
 *
 * Usual cause: A silent or slow provider, or a limit that is shorter than the model needs.
 * What to do: The message names the limit; raise it, or put a faster model behind it in the chain.
 */
export class TimeoutError extends ResilientCompletionError {
  static override readonly brand: string = "TimeoutError";
  static override readonly ownKind: Kind = "timeout";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * No connection could be made, or it broke before the answer was whole.
 *
 * Usual cause: DNS, TLS, proxy or network trouble, a reset, or an answer that was cut off.
 * What to do: Check `base_url`, proxy and certificates; add a link on another endpoint.
 */
export class ConnectionError extends ResilientCompletionError {
  static override readonly brand: string = "ConnectionError";
  static override readonly ownKind: Kind = "connection";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * The endpoint has no provider that can serve this request.
 *
 * Usual cause: Provider preferences, data policy, price caps or a region exclude everyone.
 * What to do: Loosen `provider`, change the account's privacy settings, or add another model.
 */
export class NoProviderError extends ResilientCompletionError {
  static override readonly brand: string = "NoProviderError";
  static override readonly ownKind: Kind = "no_provider";
}

/**
 * The service did not accept the API key.
 *
 * Usual cause: A missing, mistyped, revoked or foreign key.
 * What to do: Set the key variable of the endpoint or pass `api_key`; the key itself is never
 * shown.
 */
export class AuthenticationError extends ResilientCompletionError {
  static override readonly brand: string = "AuthenticationError";
  static override readonly ownKind: Kind = "auth";
}

/**
 * The key is valid but may not do this.
 *
 * Usual cause: Account guardrails, regional restrictions, a model that needs approval.
 * What to do: Change the account's settings or use a model that the key may use.
 */
export class PermissionDeniedError extends ResilientCompletionError {
  static override readonly brand: string = "PermissionDeniedError";
  static override readonly ownKind: Kind = "permission";
}

/**
 * A limit on money that the service holds is reached: balance, key limit or workspace budget.
 *
 * Usual cause: An empty balance, a spent key limit, or a `max_tokens` that the balance cannot
 * cover.
 * What to do: Add credits, raise the key's limit, or lower `max_tokens` as the message says.
 */
export class InsufficientCreditsError extends ResilientCompletionError {
  static override readonly brand: string = "InsufficientCreditsError";
  static override readonly ownKind: Kind = "credits";
}

/**
 * One of your own budgets would be overstepped; nothing was sent.
 *
 * Usual cause: The upper bound of this call's cost does not fit what is left of the budget.
 * What to do: Raise the budget, lower `max_tokens`, or wait until the window resets.
 */
export class BudgetExceededError extends ResilientCompletionError {
  static override readonly brand: string = "BudgetExceededError";
  static override readonly ownKind: Kind = "budget";
}

/**
 * Prompt and requested output do not fit the model's window.
 *
 * Usual cause: A long history, large files, or a large `max_tokens`.
 * What to do: Shorten the messages, lower `max_tokens`, or add a link with a larger window.
 */
export class ContextLengthError extends ResilientCompletionError {
  static override readonly brand: string = "ContextLengthError";
  static override readonly ownKind: Kind = "context_length";
}

/**
 * A content filter refused the request or withheld the answer.
 *
 * Usual cause: The provider's usage policy; filters differ between providers.
 * What to do: Add a link on another provider, or change the prompt.
 */
export class ContentFilterError extends ResilientCompletionError {
  static override readonly brand: string = "ContentFilterError";
  static override readonly ownKind: Kind = "moderation";
}

/**
 * The endpoint knows no such model, or has retired it.
 *
 * Usual cause: A misspelt, renamed or deprecated model id.
 * What to do: Compare with `client.models()`; the message names the id.
 */
export class InvalidModelError extends ResilientCompletionError {
  static override readonly brand: string = "InvalidModelError";
  static override readonly ownKind: Kind = "invalid_model";
}

/**
 * The model or its providers do not take a parameter or capability of the request.
 *
 * Usual cause: Tools, images, a response format or a sampling parameter that the model lacks.
 * What to do: Drop the parameter, or use a model that has it (`capability=`).
 */
export class UnsupportedParameterError extends ResilientCompletionError {
  static override readonly brand: string = "UnsupportedParameterError";
  static override readonly ownKind: Kind = "unsupported_parameter";
}

/**
 * The request itself is wrong.
 *
 * Usual cause: A field of the wrong type or out of bounds, or messages in an order that the service
 * refuses.
 * What to do: The message names the field; mend it. The same body fails everywhere.
 */
export class InvalidRequestError extends ResilientCompletionError {
  static override readonly brand: string = "InvalidRequestError";
  static override readonly ownKind: Kind = "bad_request";
}

/**
 * The answer could not be read as a completion.
 *
 * Usual cause: HTML or plain text with status 200, JSON cut off, a stream without an end mark,
 * broken tool arguments.
 * What to do: Add a fallback link; if it lasts, check that `base_url` is a chat completions
 * endpoint.
 */
export class MalformedResponseError extends ResilientCompletionError {
  static override readonly brand: string = "MalformedResponseError";
  static override readonly ownKind: Kind = "malformed";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * The answer was whole but held neither text nor tool calls.
 *
 * Usual cause: A cold start, a silent filter, or reasoning that used up `max_tokens`.
 * What to do: Raise `max_tokens` if `finish_reason` is `length`; otherwise add a fallback link.
 */
export class EmptyResponseError extends ResilientCompletionError {
  static override readonly brand: string = "EmptyResponseError";
  static override readonly ownKind: Kind = "empty";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * The answer failed the check given as `validate`.
 *
 * Usual cause: The model did not keep to the schema or to your rule.
 * What to do: Loosen the check, use a model with structured outputs, or add a fallback link.
 */
export class ValidationFailedError extends ResilientCompletionError {
  static override readonly brand: string = "ValidationFailedError";
  static override readonly ownKind: Kind = "invalid_output";
  static override readonly retryableByDefault: boolean = true;
}

/**
 * No link of the chain can do what the request needs; nothing was sent.
 *
 * Usual cause: Images, tools, a schema or a length that none of the models takes.
 * What to do: The message lists each model and what it lacks; add one that fits.
 */
export class NoFitError extends ResilientCompletionError {
  static override readonly brand: string = "NoFitError";
  static override readonly ownKind: Kind = "no_fit";
}

/**
 * A stream broke after its first piece was handed over.
 *
 * Usual cause: The connection or the provider failed in the middle of an answer.
 * What to do: `partial` holds the text so far; ask again, or set `on_interrupt`.
 */
export class StreamInterruptedError extends ResilientCompletionError {
  static override readonly brand: string = "StreamInterruptedError";
  static override readonly ownKind: Kind = "interrupted";
  static override readonly retryableByDefault: boolean = true;

  /** What had been received when the stream broke. */
  get partial(): PartialAnswer {
    const held = this.envelope.partial;
    return { text: held?.text ?? "", reasoning: held?.reasoning ?? "" };
  }
}

/**
 * The call was ended by `close()` or by a handle while another part of the program waited for it.
 *
 * Usual cause: Your own program.
 * What to do: Nothing: this is not a failure of the service.
 */
export class CancelledError extends ResilientCompletionError {
  static override readonly brand: string = "CancelledError";
  static override readonly ownKind: Kind = "cancelled";
}

/**
 * An option, a configuration file or an environment variable is wrong; nothing was sent.
 *
 * Usual cause: A misspelt option, a limit out of range, two selectors at once, or a missing key.
 * What to do: The message names the field and the nearest valid word.
 */
export class ConfigError extends ResilientCompletionError {
  static override readonly brand: string = "ConfigError";
  static override readonly ownKind: Kind = "config";
}

/**
 * The client or stream was used after it was closed, or was in flight when the process forked.
 *
 * Usual cause: A call after `close()`, or a stream carried into a forked child.
 * What to do: Make a new client, or keep this one open longer.
 */
export class ClosedError extends ResilientCompletionError {
  static override readonly brand: string = "ClosedError";
  static override readonly ownKind: Kind = "closed";
}

/** A chain of two or more ended without an answer. `kind` is that of the last answer that a provider
 * gave; `attempts` lists every one. */
export class FallbacksExhaustedError extends ResilientCompletionError {
  static override readonly brand: string = "FallbacksExhaustedError";
}

/** A tier ended without an answer. `request` is the request as JSON, ready to be queued;
 * `retry_after` says when a link may be free again. */
export class TierExhaustedError extends FallbacksExhaustedError {
  static override readonly brand: string = "TierExhaustedError";

  /** The request as JSON, ready to be queued and sent again. */
  get request(): unknown {
    return this.envelope.request ?? null;
  }
}

type Made = new (message?: string, envelope?: Envelope) => ResilientCompletionError;

const BY_KIND: Record<string, Made> = {
  rate_limited: RateLimitError,
  overloaded: OverloadedError,
  server_error: ServerError,
  timeout: TimeoutError,
  connection: ConnectionError,
  no_provider: NoProviderError,
  auth: AuthenticationError,
  permission: PermissionDeniedError,
  credits: InsufficientCreditsError,
  budget: BudgetExceededError,
  context_length: ContextLengthError,
  moderation: ContentFilterError,
  invalid_model: InvalidModelError,
  unsupported_parameter: UnsupportedParameterError,
  bad_request: InvalidRequestError,
  malformed: MalformedResponseError,
  empty: EmptyResponseError,
  invalid_output: ValidationFailedError,
  no_fit: NoFitError,
  interrupted: StreamInterruptedError,
  cancelled: CancelledError,
  config: ConfigError,
  closed: ClosedError,
};

const SUMMARIES: Record<string, Made> = {
  FallbacksExhaustedError,
  TierExhaustedError,
};
