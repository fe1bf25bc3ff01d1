import type { Measured, Row } from "./row.ts";

/** The Markdown document of a run. */
export function renderResults(
  results: readonly { row: Row; measured: Measured }[],
  machine: readonly string[],
): string {
  const lines = [
    "# Benchmark",
    "",
    "Written by `make bench`: every row in one run on one machine, client and server sharing its cores,",
    "`worker` and OpenSSH in turns.",
    "",
    ...machine.map((line) => `- ${line}`),
    "",
    "| what | target | measured | met |",
    "| ---- | ------ | -------- | --- |",
  ];
  for (const { row, measured } of results) {
    const met = measured.met === null
      ? "skipped"
      : measured.met
      ? "yes"
      : "**no**";
    lines.push(
      `| ${row.what} | ${row.target} | ${measured.measured} | ${met} |`,
    );
  }
  for (const { row, measured } of results) {
    lines.push("", `## ${row.name}`, "");
    lines.push(...measured.details.map((detail) => `- ${detail}`));
  }
  return lines.join("\n") + "\n";
}
