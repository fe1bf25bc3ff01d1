import { visible } from "./render/visible.ts";

/** The words as a line that a POSIX shell would read back; `$'…'` where control characters are. */
export function shellQuote(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  const shown = visible(word);
  if (shown === word) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
  return `$'${visible(escaped)}'`;
}
