/**
 * Typed errors, all of them ResilientCompletionError.
 *
 * Generated from the engine's table of kinds by `cargo run -p xtask -- gen errors`; do not edit.
 */

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
  attempts?: unknown[] | null;
  trace?: unknown;
  request?: unknown;
}

let makeTrace: (trace: unknown) => unknown = (trace) => trace;

/** Says what the `trace` property is made with; the package does it once, when loaded. */
export function setTraceType(make: (trace: unknown) => unknown): void {
  makeTrace = make;
}

// Registered, so that an error made by the ESM copy is an instance of the CommonJS copy's class as well.
const BRANDS = Symbol.for("resilient-completion.error");

function brandsOf(made: unknown): string[] {
  const brands: string[] = [];
  for (let c = made; typeof c === "function"; c = Object.getPrototypeOf(c)) {
    if (Object.hasOwn(c, "brand")) brands.push((c as unknown as { brand: string }).brand);
  }
  return brands;
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
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  declare readonly trace: any;
  declare protected readonly envelope: Envelope;

  constructor(message?: string, envelope: Envelope = {}) {
    const told = message ?? envelope.message ?? "";
    super(told, envelope.cause ? { cause: ResilientCompletionError.fromEnvelope(envelope.cause) } : {});
    const made = new.target;
    const hidden = { enumerable: false, writable: true, configurable: true };
    // Not enumerable: printing an error shows its facts once, not the envelope beside them.
    Object.defineProperty(this, "envelope", { ...hidden, value: { class: made.brand, ...envelope, message: told } });
    Object.defineProperty(this, BRANDS, { ...hidden, value: brandsOf(made) });
    Object.defineProperty(this, "name", { ...hidden, value: made.brand });
    this.kind = (envelope.kind as Kind | null | undefined) ?? made.ownKind;
    this.status = envelope.status ?? null;
    this.retryable = envelope.retryable ?? made.retryableByDefault;
    this.retry_after = envelope.retry_after ?? null;
    this.model = envelope.model ?? null;
    this.label = envelope.label ?? null;
    this.request_id = envelope.request_id ?? null;
    this.body = envelope.body ?? null;
    this.field = envelope.field ?? null;
    const trace = envelope.trace == null ? null : makeTrace(envelope.trace);
    // Not enumerable either: a trace is long.
    Object.defineProperty(this, "trace", { ...hidden, value: trace });
  }

  /** Makes the error that an envelope of the native part describes, causes included. */
  static fromEnvelope(envelope: Envelope): ResilientCompletionError {
    const made =
      SUMMARIES[envelope.class ?? ""] ?? BY_KIND[envelope.kind ?? ""] ?? ResilientCompletionError;
    return new made(envelope.message ?? "", envelope);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass of the user's own has no brand: for it the ordinary prototype chain decides.
    if (!Object.hasOwn(this, "brand")) return Function.prototype[Symbol.hasInstance].call(this, value);
    if (typeof value !== "object" || value === null) return false;
    const brands = (value as Record<symbol, unknown>)[BRANDS];
    return Array.isArray(brands) && brands.includes(this.brand);
  }

  /** Every attempt of the call, in order; empty where nothing was sent. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  get attempts(): any[] {
    return this.trace?.attempts ?? this.envelope.attempts ?? [];
  }

  /** Every fact as JSON, for logs and queues. */
  toJSON(): Envelope {
    return this.envelope;
  }
}
