/** Which known word a misspelt one was meant to be. Knows nothing else. */

/** The nearest of `known`, if any is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = fold(word);
  let best: string | undefined;
  let least = Math.max(2, Math.floor(plain.length / 3)) + 1;
  for (const candidate of known) {
    const far = distance(plain, fold(candidate));
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

function fold(word: string): string {
  return word.replaceAll(/[_-]/g, "").toLowerCase();
}

/** Edits that turn one into the other; swapped neighbours count as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        above[j]! + 1,
        row[j - 1]! + 1,
        above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1),
        swap ? before[j - 2]! + 1 : Infinity,
      );
    }
    [before, above] = [above, row];
  }
  return above[b.length]!;
}
