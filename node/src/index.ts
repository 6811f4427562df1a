/** The public surface. */
export { type Catalog, Client, type Create, type Health, type Model, type Request } from "./client.js";
export { type Choice, Completion, type Message, type ToolCall, type Usage } from "./completion.js";
export { type Chunk, Delta, type ToolCallDelta } from "./delta.js";
export * from "./errors.js";
export { capabilityFallback, type Classification, classify, resilientCompletion, resilientCompletion as resilient_completion } from "./functions.js";
export type { CallOptions, ClientOptions, LinkLike } from "./options.js";
export { type Candidate, Plan, type PlanData } from "./plan.js";
export { CompletionStream } from "./stream.js";
export { type Attempt, Trace, type TraceData, type TraceEvent } from "./trace.js";
export type * from "./types.js";
