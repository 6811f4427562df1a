/** The record of a call. Knows its JSON. Invariant: what is shown is what was recorded. */

/** One attempt; times in seconds since the call's start. */
export interface Attempt {
  index: number;
  label: string;
  model: string;
  served_model: string | null;
  provider: string | null;
  endpoint: string;
  status: number | null;
  /** Error kind; `null` for the attempt that answered. */
  kind: string | null;
  rule: string | null;
  message: string | null;
  started: number;
  first_token: number | null;
  ended: number | null;
  cost: number | null;
  cost_source: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  retry_of: number | null;
}

/** One thing that happened. */
export interface TraceEvent {
  at: number;
  name: string;
  attempt: number | null;
  [key: string]: unknown;
}

/** A trace as JSON has it. */
export interface TraceData {
  v: number;
  id: string;
  attempts: Attempt[];
  events: TraceEvent[];
  skipped: { model: string; label: string; reason: string }[];
  fell_back: boolean;
  label: string | null;
  model: string | null;
  provider: string | null;
  cost: number | null;
  seconds: number | null;
  /** Error kind that ended the call; `null` if it was answered. */
  kind: string | null;
  [key: string]: unknown;
}

/** What a call did: every attempt, every decision, with times and cost. */
export class Trace {
  readonly attempts: Attempt[];
  readonly events: TraceEvent[];
  readonly #data: TraceData;

  constructor(data: TraceData) {
    this.#data = data;
    this.attempts = data.attempts;
    this.events = data.events;
  }

  /** The whole record. */
  toJSON(): TraceData {
    return this.#data;
  }

  /** The whole record as JSON text. */
  to_json(): string {
    return JSON.stringify(this.#data);
  }

  /** The attempts as lines of text: who was asked, what came of it, and when. */
  waterfall(width = 32): string {
    const end = Math.max(this.#data.seconds ?? 0, ...this.attempts.map((a) => a.ended ?? a.started), 1e-9);
    const names = this.attempts.map((a) => (a.label === a.model ? a.model : `${a.label} (${a.model})`));
    const results = this.attempts.map((a) => a.kind ?? (a.ended === null ? "running" : "answered"));
    const [wide, broad] = [longest(names), longest(results)];
    return this.attempts
      .map((a, i) => {
        const to = a.ended ?? end;
        const from = Math.min(width - 1, Math.floor((a.started / end) * width));
        const length = Math.max(1, Math.round((to / end) * width) - from);
        const bar = (" ".repeat(from) + "█".repeat(length)).padEnd(width).slice(0, width);
        const status = String(a.status ?? "").padStart(3);
        return `${names[i]!.padEnd(wide)}  ${status} ${results[i]!.padEnd(broad)}  ${bar}  ${seconds(a.started)} to ${seconds(to)}`;
      })
      .join("\n");
  }

  /** Who answered, or why nobody did, in one line. */
  headline(): string {
    const { label, model, provider, fell_back, cost } = this.#data;
    let line = label === null ? `failed: ${this.#data.kind}` : `answered by ${label}`;
    if (model !== null) line += provider === null ? ` (${model})` : ` (${model} at ${provider})`;
    line += ` after ${seconds(this.#data.seconds ?? 0)}`;
    if (fell_back) line += ", fell back";
    return cost === null ? line : `${line}, $${cost.toFixed(6)}`;
  }

  toString(): string {
    return `${this.headline()}\n${this.waterfall()}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Trace { ${this.#data.id}\n${this.toString()} }`;
  }
}

function longest(words: string[]): number {
  return Math.max(0, ...words.map((w) => w.length));
}

function seconds(value: number): string {
  return `${value.toFixed(3)} s`;
}
