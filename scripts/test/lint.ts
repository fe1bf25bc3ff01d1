import { checks } from "./checks.ts";
import type { Part } from "./part.ts";

/** Format, lint, types and documentation of everything in the checkout. */
export function lint(): Part {
  const deno = Deno.execPath();
  return checks("lint", {
    "deno fmt --check": [deno, "fmt", "--check", "--quiet"],
    "deno lint": [deno, "lint", "--quiet"],
    "deno check": [deno, "check", "--quiet", "--frozen", "."],
    "deno doc --lint mod.ts": [deno, "doc", "--quiet", "--lint", "mod.ts"],
  });
}
