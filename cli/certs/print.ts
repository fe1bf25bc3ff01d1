/** Prints data: whole lines for standard output. */
export async function printLines(lines: readonly string[]): Promise<void> {
  let bytes = new TextEncoder().encode(
    lines.map((line) => `${line}\n`).join(""),
  );
  while (bytes.length > 0) {
    bytes = bytes.subarray(await Deno.stdout.write(bytes));
  }
}

/** Tells the person something that is not data: a line on standard error. */
export function printHint(text: string): void {
  console.error(`worker: ${text}`);
}
