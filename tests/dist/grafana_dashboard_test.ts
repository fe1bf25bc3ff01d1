import { deepEqual, equal, match } from "node:assert/strict";
import { Agents } from "../../lib/daemon/cluster/agents.ts";
import { expose } from "../../lib/http/metrics/mod.ts";
import { Scraped } from "../helpers/scraped.ts";
import { startWorker, WORKER_SOURCES } from "../helpers/worker.ts";

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { expr: string; datasource: { uid: string } }[];
}

const dashboard: {
  templating: { list: { name: string; type: string; definition?: string }[] };
  panels: Panel[];
} = JSON.parse(
  await Deno.readTextFile(
    new URL("../../dist/grafana-dashboard.json", import.meta.url),
  ),
);
const panels = dashboard.panels.filter(({ type }) => type !== "row");

/** Metrics that an expression names, with the label names that it uses of each. */
function* metricsIn(expr: string): Generator<[name: string, labels: string[]]> {
  for (
    const [, name, matchers = ""] of expr.matchAll(
      /\b((?:worker|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g,
    )
  ) {
    const labels = [...matchers.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)]
      .map(([, label]) => label!);
    yield [name!, labels.filter((label) => label !== "instance")];
  }
}

Deno.test("the dashboard has panels that say what they show, in a unit, side by side", () => {
  equal(panels.length > 15, true);
  const ids = new Set(dashboard.panels.map(({ id }) => id));
  equal(ids.size, dashboard.panels.length);
  const taken = new Set<string>();
  for (const { title, gridPos, fieldConfig, targets } of dashboard.panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        equal(taken.has(`${x},${y}`), false, `"${title}" lies on another`);
        taken.add(`${x},${y}`);
      }
    }
    equal(gridPos.x + gridPos.w <= 24, true, title);
    if (targets === undefined) continue;
    match(fieldConfig?.defaults.unit ?? "", /./, `"${title}" has no unit`);
    equal(targets.length > 0, true, title);
  }
});

Deno.test("the dashboard asks the data source and the servers that were chosen", () => {
  const variables = dashboard.templating.list.map(({ name, type }) => [
    name,
    type,
  ]);
  deepEqual(variables, [["datasource", "datasource"], ["instance", "query"]]);
  for (const { title, datasource, targets = [] } of panels) {
    equal(datasource?.uid, "${datasource}", title);
    for (const { expr, datasource } of targets) {
      equal(datasource.uid, "${datasource}", title);
      const names = [...metricsIn(expr)];
      const chosen = expr.split('{instance=~"$instance"').length - 1;
      equal(chosen, names.length, `not of the chosen server: ${expr}`);
    }
  }
});

Deno.test("the dashboard shows metrics that a server has, with labels that they have", async () => {
  await using worker = await startWorker({ program: WORKER_SOURCES });
  equal((await worker.cli(["run", "echo", "hi"])).code, 0);
  // The second scrape knows of the first.
  await worker.curl("/metrics");
  const scraped = new Scraped(
    // A server that listens dials nobody, so this one has no metrics of a node behind a firewall.
    (await worker.curl("/metrics")).stdout +
      await expose(new Agents().metrics()),
  );
  for (const { title, targets = [] } of panels) {
    for (const { expr } of targets) {
      for (const [name, labels] of metricsIn(expr)) {
        const samples = scraped.of(name);
        const type = scraped.types.get(name.replace(/_bucket$/, ""));
        equal(type !== undefined, true, `"${title}": there is no "${name}"`);
        for (const label of labels) {
          equal(
            samples.some(([text]) => text.includes(`${label}="`)),
            true,
            `"${title}": "${name}" has no label "${label}"`,
          );
        }
      }
    }
  }
});
