/** The error envelope of the border, made into the error that is thrown. Knows the generated classes only. */
import { type Envelope, ResilientCompletionError } from "./errors.js";

/** Which word the caller used for an option, by its key in the data. */
export type Words = Readonly<Record<string, string>>;

/** The error that an envelope describes; an option is named as the caller wrote it. */
export function failureOf(text: string, words: Words = {}): ResilientCompletionError {
  const envelope = JSON.parse(text) as Envelope;
  const field = envelope.field;
  const key = field?.match(/^\w+/)?.[0];
  if (field && key && Object.hasOwn(words, key)) {
    envelope.field = words[key] + field.slice(key.length);
    envelope.message = envelope.message?.replace(field, envelope.field) ?? null;
    // A word with an underscore is no English: wherever it stands it means the option.
    if (key.includes("_")) envelope.message = envelope.message?.replaceAll(key, words[key]!) ?? null;
  }
  return ResilientCompletionError.fromEnvelope(envelope);
}
