/** A whole answer. Knows its JSON. Invariants: fields of the body are as they came; the trace crosses when asked for. */
import type { NativeCall } from "./native.js";
import { Trace, type TraceData } from "./trace.js";

export interface ToolCall {
  id: string;
  type: string;
  function: { name: string; arguments: string };
}

export interface Message {
  role: string;
  content: string | null;
  reasoning?: string | null;
  refusal?: string | null;
  tool_calls?: ToolCall[];
  [key: string]: unknown;
}

export interface Choice {
  index: number;
  message: Message;
  finish_reason: string | null;
  [key: string]: unknown;
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  cost?: number;
  [key: string]: unknown;
}

interface Crossed {
  provider: string | null;
  label: string;
  fell_back: boolean;
  cost: number | null;
  body: Record<string, unknown>;
}

const LONGEST = 60;

/** A completion, shaped as the OpenAI SDK has it, with who served it. */
export class Completion {
  declare readonly id: string;
  /** The model that the service says served. */
  declare readonly model: string;
  declare readonly created: number;
  declare readonly object: string;
  declare readonly choices: Choice[];
  declare readonly usage?: Usage;
  /** The provider that served, where the service says. */
  readonly provider: string | null;
  /** The label of the link that answered. */
  readonly label: string;
  /** Whether anything but the first candidate answered. */
  readonly fell_back: boolean;
  /** US dollars; `null` when unknown. */
  readonly cost: number | null;
  readonly #body: Record<string, unknown>;
  readonly #call: NativeCall;
  #trace: Trace | undefined;

  /** @internal */
  constructor(text: string, call: NativeCall) {
    const crossed = JSON.parse(text) as Crossed;
    this.#body = crossed.body;
    this.#call = call;
    for (const key of Object.keys(crossed.body)) {
      // A body cannot reach the class: its own `toJSON` or `__proto__` stays in `toDict()`.
      if (!(key in this)) (this as Record<string, unknown>)[key] = crossed.body[key];
    }
    this.provider = crossed.provider;
    this.label = crossed.label;
    this.fell_back = crossed.fell_back;
    this.cost = crossed.cost;
  }

  /** Text of the first choice; empty where there is none. */
  get text(): string {
    const content: unknown = this.choices?.[0]?.message?.content;
    // Content in parts, or none: the engine knows how to read it.
    return typeof content === "string" ? content : this.#call.text();
  }

  /** The record of the call. */
  get trace(): Trace {
    this.#trace ??= new Trace(JSON.parse(this.#call.traceJson()) as TraceData);
    return this.#trace;
  }

  /** The body as it came. */
  toDict(): Record<string, unknown> {
    return this.#body;
  }

  /** The same as `toDict`. */
  to_dict(): Record<string, unknown> {
    return this.#body;
  }

  toJSON(): Record<string, unknown> {
    return this.#body;
  }

  /** One line. */
  toString(): string {
    const text = this.text.length > LONGEST ? `${this.text.slice(0, LONGEST)}…` : this.text;
    const cost = this.cost === null ? "" : `, cost: $${this.cost}`;
    return `Completion { ${JSON.stringify(text)}, model: ${this.model}, label: ${this.label}, fell_back: ${this.fell_back}${cost} }`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
