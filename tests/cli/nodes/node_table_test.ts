import { deepEqual, equal } from "node:assert/strict";
import { NodeTable } from "../../../cli/nodes/node_table.ts";
import { exampleNode } from "../served_nodes.ts";

function names({ nodes }: NodeTable): string {
  return nodes.map(({ name }) => name).join(" ");
}

Deno.test("NodeTable shows nothing before the stream has told of all nodes", () => {
  const table = new NodeTable();
  equal(table.apply({ type: "node", ...exampleNode("b") }), false);
  equal(names(table), "");
  equal(table.apply({ type: "synced" }), true);
  equal(table.apply({ type: "node", ...exampleNode("a") }), true);
  equal(names(table), "a b");
  deepEqual(Object.hasOwn(table.nodes[0]!, "type"), false);
  table.apply({ type: "removed", name: "b" });
  equal(names(table), "a");
});

Deno.test("NodeTable forgets what went while the connection was broken, and shows the old state meanwhile", () => {
  const table = new NodeTable();
  for (const name of ["a", "b"]) {
    table.apply({ type: "node", ...exampleNode(name) });
  }
  table.apply({ type: "synced" });
  table.restart();
  table.apply({ type: "node", ...exampleNode("b") });
  equal(names(table), "a b");
  table.apply({ type: "synced" });
  equal(names(table), "b");
});
