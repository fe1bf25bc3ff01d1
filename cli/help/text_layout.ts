/** Columns of a line of help. */
const WIDTH = 80;

/** The column where explanations begin at the latest. */
const MAX_INDENT = 34;

/** A paragraph in lines of at most `width`; a word that is longer has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Names at the left, their explanations beside them or, behind a long one, below. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const indent = Math.min(
    MAX_INDENT,
    Math.max(...rows.map(([left]) => left.length)) + 4,
  );
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, WIDTH - indent);
    const beside = left.length + 4 <= indent;
    const first = `  ${left}`.padEnd(indent) + lines[0];
    return [
      ...beside ? [first] : [`  ${left}`, " ".repeat(indent) + lines[0]],
      ...lines.slice(1).map((line) => " ".repeat(indent) + line),
    ];
  });
}

/** Parts with an empty line between them; empty ones are left out. */
export function sections(parts: readonly (readonly string[])[]): string {
  return parts.filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n") + "\n").join("\n");
}
