import { equal } from "node:assert/strict";
import { expose } from "../../../lib/http/metrics/exposition.ts";
import { Histogram } from "../../../lib/http/metrics/histogram.ts";
import { gauge, type Metric } from "../../../lib/http/metrics/metric.ts";
import { Scraped } from "../../helpers/scraped.ts";

const answering: Metric = gauge("answering", {
  help: "There.",
  collect: () => 1,
});

Deno.test("expose() escapes what is special in labels and in help", async () => {
  const odd = gauge("odd", {
    help: 'a\\b\n"c"',
    collect: () => [{ labels: { name: 'x\\y\n"z"' }, value: -0.5 }],
  });
  const text = await expose([odd]);
  equal(
    text,
    '# HELP odd a\\\\b\\n"c"\n# TYPE odd gauge\n' +
      'odd{name="x\\\\y\\n\\"z\\""} -0.5\n',
  );
  equal(new Scraped(text).samples.size, 1);
});

Deno.test("expose() writes numbers that are not finite, and very small and large ones", async () => {
  const values = [Infinity, -Infinity, NaN, 1e-9, 1e21, 0];
  const text = await expose([gauge("odd", {
    help: "Odd.",
    collect: () => values.map((value, n) => ({ labels: { n: `${n}` }, value })),
  })]);
  const written = [...new Scraped(text).samples.values()];
  equal(written.join(), values.join());
});

Deno.test("expose() leaves a metric out when it fails, is not known or has no samples", async () => {
  const failing = (collect: Metric["collect"]) =>
    gauge("failing", { help: "Not there.", collect });
  for (
    const collect of [
      () => Promise.reject(new Error("there is no job host")),
      () => {
        throw new Error("no such file");
      },
      () => null,
      () => [],
    ]
  ) {
    equal(
      await expose([failing(collect), answering]),
      await expose([answering]),
    );
  }
});

Deno.test("expose() does not wait for a metric that hangs", async () => {
  const hanging = gauge("hanging", {
    help: "Not there.",
    collect: () => new Promise<number>(() => {}),
  });
  const text = await expose([hanging, answering], { patience: 10 });
  equal(text, await expose([answering]));
});

Deno.test("Histogram.samples() counts what is not above each bound, all of it at the end", async () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 1.5, 2.5]) histogram.observe(value);
  equal(histogram.count, 5);
  const text = await expose([{
    name: "waits_seconds",
    help: "Waits.",
    type: "histogram",
    collect: () => histogram.samples({ of: "it" }),
  }]);
  equal(
    text,
    `# HELP waits_seconds Waits.
# TYPE waits_seconds histogram
waits_seconds_bucket{of="it",le="0.1"} 2
waits_seconds_bucket{of="it",le="1"} 3
waits_seconds_bucket{of="it",le="+Inf"} 5
waits_seconds_sum{of="it"} 4.65
waits_seconds_count{of="it"} 5
`,
  );
});
