import { deepEqual, match, throws } from "node:assert/strict";
import { noNodeFits, selectNodes } from "../../cli/select_nodes.ts";

const NODES = [
  { name: "web-1", labels: { env: "prod", tier: "web" } },
  { name: "web-2", labels: { env: "test", tier: "web" } },
  { name: "db-1", labels: { env: "prod" } },
];

function names(...selectors: string[]): string {
  return selectNodes(NODES, selectors).map(({ name }) => name).join(" ");
}

Deno.test("selectNodes() takes what fits one selector, and of one selector all parts", () => {
  const cases: [string[], string][] = [
    [[], "web-1 web-2 db-1"],
    [["all"], "web-1 web-2 db-1"],
    [["db-1"], "db-1"],
    [["db"], ""],
    [["web-*"], "web-1 web-2"],
    [["*-1"], "web-1 db-1"],
    [["w*b*1"], "web-1"],
    [["env=prod"], "web-1 db-1"],
    [["env=prod,tier=web"], "web-1"],
    [["tier=*"], "web-1 web-2"],
    [["web-1,env=test"], ""],
    [["env=test", "db-1"], "web-2 db-1"],
    [["toString=*"], ""],
    [["env=pro"], ""],
    [["aa*aa"], ""],
  ];
  for (const [selectors, expected] of cases) {
    deepEqual(names(...selectors), expected, selectors.join(" "));
  }
});

Deno.test("selectNodes() does not take a text twice for the two ends of a pattern", () => {
  deepEqual(selectNodes([{ name: "aba", labels: {} }], ["ab*ba"]), []);
});

Deno.test("selectNodes() refuses what selects nothing", () => {
  for (const text of ["", "=x", "a,,b"]) {
    throws(() => selectNodes(NODES, [text]), /selects no nodes/);
  }
});

Deno.test("noNodeFits() lists the labels that there are", () => {
  const { message } = noNodeFits(NODES, ["env=dev"]);
  match(message, /"env=dev": labels are env=prod, env=test, tier=web;/);
  const many = Array.from({ length: 30 }, (_, n) => ({
    name: `n${n}`,
    labels: { n: String(n) },
  }));
  match(noNodeFits(many, ["x"]).message, / and 10 more;/);
  match(noNodeFits([], ["x"]).message, /the cluster has none/);
});
