/** What a call would do. Knows its JSON. */

export interface Candidate {
  model?: string;
  models?: string[];
  endpoint: string;
  label: string;
  timeout: number | null;
  /** The JSON body that would be sent. */
  body: Record<string, unknown>;
  [key: string]: unknown;
}

export interface PlanData {
  candidates: Candidate[];
  skipped: { model: string; label: string; reason: string }[];
  bounds: { attempts: number; seconds: number | null; usd: number | null };
  facts: { source: string; date: string };
  warnings: string[];
  [key: string]: unknown;
}

/** A dry run: who would be asked, in which order, with which bodies, and who would be left out and why. */
export class Plan {
  readonly candidates: Candidate[];
  readonly skipped: PlanData["skipped"];
  readonly bounds: PlanData["bounds"];
  readonly facts: PlanData["facts"];
  readonly warnings: string[];
  readonly #data: PlanData;

  /** @internal */
  constructor(data: PlanData) {
    this.#data = data;
    this.candidates = data.candidates;
    this.skipped = data.skipped;
    this.bounds = data.bounds;
    this.facts = data.facts;
    this.warnings = data.warnings;
  }

  /** The plan as data. */
  toDict(): PlanData {
    return this.#data;
  }

  /** The same as `toDict`. */
  to_dict(): PlanData {
    return this.#data;
  }

  toJSON(): PlanData {
    return this.#data;
  }

  /** The plan as JSON text. */
  to_json(): string {
    return JSON.stringify(this.#data);
  }
}
