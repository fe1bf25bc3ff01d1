/** Where a value of a setting was said. */
export type Origin =
  | { readonly kind: "flag"; readonly name: string }
  | { readonly kind: "environment"; readonly name: string }
  | {
    readonly kind: "file";
    readonly path: string;
    /** From 1. */
    readonly line: number;
    /** From 1, in UTF-16 units. */
    readonly column: number;
  }
  | { readonly kind: "default" };

/** The origin as messages begin: `--keep`, `WORKER_SERVE_KEEP` or `FILE:LINE:COLUMN`. */
export function describeOrigin(at: Origin): string {
  switch (at.kind) {
    case "flag":
    case "environment":
      return at.name;
    case "file":
      return `${at.path}:${at.line}:${at.column}`;
    case "default":
      return "default";
  }
}
