type Made = new (message?: string, envelope?: Envelope) => ResilientCompletionError;

const BY_KIND: Record<string, Made> = {
  // BY_KIND
};

const SUMMARIES: Record<string, Made> = {
  // SUMMARIES
};
