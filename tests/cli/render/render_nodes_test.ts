import { equal, match } from "node:assert/strict";
import {
  renderNodes,
  renderProxies,
} from "../../../cli/render/render_nodes.ts";
import { exampleNode } from "../served_nodes.ts";

const NOW = Date.parse("2026-11-21T09:00:00Z");

Deno.test("renderNodes() says how a node is reached and since when it was not heard of", () => {
  const table = renderNodes([
    exampleNode("web-1", {
      labels: { tier: "web", env: "prod" },
      lastSeen: "2026-11-21T08:59:50Z",
      proxies: ["a", "c"],
      load: { jobs: 1, load1: 0.421, cores: 8 },
    }),
    exampleNode("db", {
      state: "offline",
      lastSeen: null,
      addresses: ["db:7443"],
      load: null,
      version: "",
    }),
    exampleNode("lost", { state: "offline", proxies: ["a"] }),
  ], { now: NOW });
  match(table, /^lost +offline .* jobs +- +/m);
  match(
    table,
    /^web-1 +online +env=prod,tier=web +1\.2\.3 +0\.42 of 8, 1 job +a,c +10s ago$/m,
  );
  match(table, /^db +offline +- +- +- +direct +never$/m);
});

Deno.test("renderNodes() and renderProxies() send nothing to the terminal but text", () => {
  const hostile = "\x1b[2J\n\u202e";
  const node = exampleNode(hostile, {
    labels: { [hostile]: hostile },
    version: hostile,
    proxies: [hostile],
  });
  const proxy = { ...node, group: hostile, generation: 1 };
  for (const table of [renderNodes([node]), renderProxies([proxy])]) {
    equal(table.includes("\x1b"), false);
    equal(table.split("\n").length, 3);
  }
});
