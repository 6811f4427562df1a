/** The two functions, with a client made at first use. Invariant: one default client per thread. */
import { Client, type Request } from "./client.js";
import type { Completion } from "./completion.js";
import { ConfigError } from "./errors.js";
import { native, read } from "./native.js";
import type { CallOptions } from "./options.js";

/** Enough for an answer, and a bound on its price: services that reserve for the model's maximum refuse small balances. */
const MAX_TOKENS = 1024;

let client: Client | undefined;

/** Asks the models in order until one answers. `max_tokens` defaults to 1024. */
export async function resilientCompletion(request: Request, options?: CallOptions): Promise<Completion> {
  client ??= new Client();
  return client.complete(limited(request), options);
}

/** Asks the models that are configured for a capability, in order until one answers. */
export async function capabilityFallback(
  request: Request & { capability: string | readonly string[] },
  options?: CallOptions,
): Promise<Completion> {
  if (!request?.capability) throw new ConfigError('capability: missing, for example "vision"', { field: "capability" });
  return resilientCompletion(request, options);
}

/** What to make of an answer: body as text, bytes or parsed. */
export interface Classification {
  kind: string | null;
  scope: string | null;
  retryable: boolean;
  retry_after: number | null;
  /** Which rule matched, and where it comes from. */
  rule: { name: string; source: string } | null;
  message: string | null;
  [key: string]: unknown;
}

/** What we make of any answer of a service. */
export function classify(
  status: number,
  headers: Readonly<Record<string, string>> | Iterable<readonly [string, string]>,
  body: string | Uint8Array | object,
): Classification {
  const text = typeof body === "string" ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : JSON.stringify(body);
  const named = Symbol.iterator in headers ? Object.fromEntries(headers as Iterable<readonly [string, string]>) : headers;
  return read(native().addon.classify(status, JSON.stringify(named), text)) as Classification;
}

function limited(request: Request): Request {
  return (request.max_tokens ?? request.max_completion_tokens) == null ? { ...request, max_tokens: MAX_TOKENS } : request;
}
