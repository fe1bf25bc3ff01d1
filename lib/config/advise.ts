import { nearest } from "../api/nearest.ts";

/** What to say to a word that is not known: the one that was meant, else `otherwise`. */
export function advise(
  word: string,
  known: readonly string[],
  otherwise: string,
): string {
  const meant = nearest(word, known);
  return meant === null ? otherwise : `did you mean "${meant}"?`;
}
