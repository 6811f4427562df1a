/**
 * What JSON would silently change, found before it is written.
 *
 * Knows JavaScript values. Must not know requests. Invariants: a value without a problem is written by
 * `JSON.stringify` as it is meant; `undefined` as a property means "not set"; no message shows a value.
 */

/** Deeper than the engine's own limit, so that a cycle is called a cycle and not a depth. */
const DEEPEST = 128;

/** What is wrong, and where: keys from the outside in. */
export interface Problem {
  what: string;
  path: (string | number)[];
}

/** The first thing in `value` that JSON cannot carry. */
export function problemIn(value: unknown, depth = 0): Problem | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      if (Number.isFinite(value)) return undefined;
      return { what: `${value} is not a number that JSON has`, path: [] };
    case "object":
      return value === null ? undefined : inObject(value, depth);
    case "undefined":
      return { what: "is undefined", path: [] };
    case "bigint":
      return { what: "a BigInt cannot be sent as JSON: use a number or a string", path: [] };
    default:
      return { what: `a ${typeof value} cannot be sent as JSON`, path: [] };
  }
}

/** `messages[0].content` */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^\w+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

function inObject(value: object, depth: number): Problem | undefined {
  if (depth > DEEPEST) return { what: `nested deeper than ${DEEPEST} levels, or in a cycle`, path: [] };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const problem = problemIn(value[i], depth + 1);
      if (problem !== undefined) return under(i, problem);
    }
    return undefined;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return problemIn(toJSON.call(value), depth + 1);
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    // A Map becomes {} and a Uint8Array {"0":…}: valid JSON that nobody meant.
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    const hint = tag === "Promise" ? ": is an await missing?" : "";
    if (tag !== "Object") return { what: `a ${tag} cannot be sent as JSON${hint}`, path: [] };
  }
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner === undefined) continue;
    const problem = problemIn(inner, depth + 1);
    if (problem !== undefined) return under(key, problem);
  }
  return undefined;
}

function under(key: string | number, problem: Problem): Problem {
  // A path out of a cycle repeats itself: its beginning says enough.
  if (problem.path.length >= 8 && problem.what.includes("cycle")) problem.path.pop();
  problem.path.unshift(key);
  return problem;
}
