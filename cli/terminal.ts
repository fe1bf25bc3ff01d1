/** Columns of the terminal; unlimited when standard output goes elsewhere. */
export function terminalWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/** Whether what goes to a stream may be coloured. */
export function isColoured(stream: "stdout" | "stderr"): boolean {
  const to = stream === "stdout" ? Deno.stdout : Deno.stderr;
  return to.isTerminal() && !Deno.env.get("NO_COLOR");
}

/** Over what was there, line by line, which does not flicker. */
export function onScreen(text: string, isFirst: boolean): string {
  const home = isFirst ? "\x1b[2J\x1b[H" : "\x1b[H";
  return home + text.replaceAll("\n", "\x1b[K\n") + "\x1b[J";
}
