/** Options of {@linkcode renderTable}. */
export interface TableOptions {
  /** The most columns of a line; longer ones are cut. @default {Infinity} */
  width?: number;
  /** Indexes of cells that are aligned to the right. @default {[]} */
  right?: readonly number[];
}

/** Rows of cells as lines, each cell as wide as the widest of its column. */
export function renderTable(
  rows: readonly (readonly string[])[],
  { width = Infinity, right = [] }: TableOptions = {},
): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from(
    { length: columns },
    (_, column) => Math.max(...rows.map((row) => row[column]!.length)),
  );
  return rows.map((row) => {
    const line = row.map((cell, column) =>
      right.includes(column)
        ? cell.padStart(widths[column]!)
        : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd();
    return (line.length > width ? line.slice(0, width - 1) + "…" : line) + "\n";
  }).join("");
}
