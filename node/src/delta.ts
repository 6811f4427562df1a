/** One piece of a stream. Knows its JSON. Invariant: events are parsed only when somebody asks for them. */

/** What one event adds to one tool call. */
export interface ToolCallDelta {
  /** Which call, by its index in the answer. */
  index: number;
  /** On the first piece of a call. */
  id: string | null;
  /** On the first piece of a call. */
  name: string | null;
  /** Arguments text to append. */
  arguments: string;
}

/** An event as the service sent it. */
export interface Chunk {
  id?: string;
  model?: string;
  choices?: { index?: number; delta?: { role?: string; content?: string | null; [key: string]: unknown }; finish_reason?: string | null; [key: string]: unknown }[];
  usage?: { [key: string]: unknown } | null;
  [key: string]: unknown;
}

interface Crossed {
  text: string;
  reasoning: string;
  tool_calls: ToolCallDelta[];
  finish_reason: string | null;
  restarted: boolean;
}

/** The events of one batch, as text until the first is asked for. */
class Events {
  #text: string;
  #parsed: (Chunk | null)[] | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(index: number): Chunk | null {
    if (this.#parsed === undefined) {
      this.#parsed = JSON.parse(this.#text) as (Chunk | null)[];
      this.#text = "";
    }
    return this.#parsed[index] ?? null;
  }
}

const NO_CALLS: ToolCallDelta[] = Object.freeze([]) as unknown as ToolCallDelta[];

/** What one event adds to the answer; has the fields of an OpenAI chunk as well. */
export class Delta {
  /** Text to append. */
  readonly text: string;
  /** Reasoning to append. */
  readonly reasoning: string;
  /** Pieces of tool calls. */
  readonly tool_calls: readonly ToolCallDelta[];
  /** Set on the piece that ends the answer. */
  readonly finish_reason: string | null;
  /** True on the announcement that all pieces so far are void and a fresh answer begins. */
  readonly restarted: boolean;
  readonly #events: Events;
  readonly #index: number;

  /** @internal */
  constructor(crossed: string | Crossed, events: Events, index: number) {
    const plain = typeof crossed === "string";
    this.text = plain ? crossed : crossed.text;
    this.reasoning = plain ? "" : crossed.reasoning;
    this.tool_calls = plain ? NO_CALLS : crossed.tool_calls;
    this.finish_reason = plain ? null : crossed.finish_reason;
    this.restarted = plain ? false : crossed.restarted;
    this.#events = events;
    this.#index = index;
  }

  /** The event as it came; `null` on an announcement. */
  get raw(): Chunk | null {
    return this.#events.at(this.#index);
  }

  get id(): string | null {
    return this.raw?.id ?? null;
  }

  get model(): string | null {
    return this.raw?.model ?? null;
  }

  get choices(): NonNullable<Chunk["choices"]> {
    return this.raw?.choices ?? [];
  }

  /** Usage, on the event that carries it. */
  get usage(): Chunk["usage"] {
    return this.raw?.usage ?? null;
  }
}

/** The deltas of one batch. @internal */
export function deltasOf(text: string, events: string): Delta[] {
  const lazy = new Events(events);
  const crossed = JSON.parse(text) as (string | Crossed)[];
  return crossed.map((one, index) => new Delta(one, lazy, index));
}
