import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { findCycle, findMissing } from "../../lib/supervisor/dependencies.ts";

const graph = (needs: Record<string, string[]>) =>
  new Map(
    Object.entries(needs).map(([name, needs]) => [name, { name, needs }]),
  );

Deno.test("findCycle() gives the way back to the service", () => {
  const others = graph({ a: ["x", "b"], b: ["c", "d"], c: [], d: ["new"] });
  deepStrictEqual(
    findCycle({ name: "new", needs: ["c", "a"] }, others),
    ["new", "a", "b", "d", "new"],
  );
});

Deno.test("findCycle() finds none in a diamond, or behind names that are not registered", () => {
  const others = graph({
    top: ["l", "r"],
    l: ["base"],
    r: ["base"],
    base: ["x"],
  });
  strictEqual(findCycle({ name: "new", needs: ["top", "r"] }, others), null);
  strictEqual(findCycle({ name: "alone" }, others), null);
});

Deno.test("findCycle() looks at each service once", () => {
  // Each layer needs both of the next: 2^40 ways lead through it.
  const layers: Record<string, string[]> = {};
  for (let layer = 0; layer < 40; layer++) {
    const next = [`l${layer + 1}`, `r${layer + 1}`];
    layers[`l${layer}`] = next;
    layers[`r${layer}`] = next;
  }
  strictEqual(findCycle({ name: "new", needs: ["l0"] }, graph(layers)), null);
});

Deno.test("findMissing() gives the needs that are not registered", () => {
  deepStrictEqual(
    findMissing({ name: "new", needs: ["a", "b", "c"] }, graph({ b: [] })),
    ["a", "c"],
  );
});
