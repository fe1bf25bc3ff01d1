/**
 * Control characters are shown, not sent: text from a job or a server must not be able to move the
 * cursor, colour the terminal or reorder what is read (C0, DEL, C1, and the bidirectional marks).
 */
// deno-lint-ignore no-control-regex
const HIDDEN = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const NAMED: Record<string, string> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x1b": "\\e",
};

/** The text with each control character as an escape such as `\n` or `\u202e`. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.charCodeAt(0);
    return NAMED[character] ??
      (code < 0x100
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16)}`);
  });
}
