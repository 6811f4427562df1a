/**
 * Typed errors, all of them ResilientCompletionError.
 *
 * Generated from the engine's table of kinds by `cargo run -p xtask -- gen errors`; do not edit.
 */
import { type Attempt, Trace, type TraceData } from "./trace.js";

/** Every value that `kind` can have. */
export const KINDS = [
  // KINDS
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
