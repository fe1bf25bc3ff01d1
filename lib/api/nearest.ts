/**
 * The word that needs the fewest edits to become `text`, the first of several; null when each would
 * have to change in more than a third of its letters, and so is another word.
 */
export function nearest(
  text: string,
  words: readonly string[],
): string | null {
  const lower = text.toLowerCase();
  let best: string | null = null;
  let fewest = Infinity;
  for (const word of words) {
    const edits = distance(lower, word);
    if (edits > Math.ceil(word.length / 3)) continue;
    if (edits < fewest) [best, fewest] = [word, edits];
  }
  return best;
}

/** Insertions, deletions and substitutions from one text to the other (Levenshtein's distance). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = from[i - 1] === to[j - 1] ? 0 : 1;
      next[j] = Math.min(
        row[j - 1]! + changed,
        row[j]! + 1,
        next[j - 1]! + 1,
      );
    }
    row = next;
  }
  return row[to.length]!;
}
