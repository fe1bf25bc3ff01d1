import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { certificateMetrics } from "../../lib/daemon/certificate_metrics.ts";
import { expose } from "../../lib/http/metrics/mod.ts";
import { Scraped } from "../helpers/scraped.ts";
import { TestCa } from "../helpers/tls.ts";

const NAME = "worker_certificate_expiry_timestamp_seconds";
const DAY = 86_400;

Deno.test("certificateMetrics() says when each certificate expires, of a bundle the first", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ca = await TestCa.create("ca");
    const { cert: soon } = await ca.issue("soon", { days: 1 });
    const { cert: late } = await ca.issue("late", { days: 100 });
    const write = async (name: string, text: string) => {
      await Deno.writeTextFile(join(folder, name), text);
      return join(folder, name);
    };
    const files = {
      server: await write("server.crt", late),
      ca: await write("ca.crt", late + soon),
      damaged: await write("damaged.crt", "-----BEGIN CERTIFICATE-----\n"),
      missing: join(folder, "missing.crt"),
    };
    const scrape = async () =>
      new Scraped(await expose(certificateMetrics(files)));
    const days = (scraped: Scraped) =>
      scraped.of(NAME).map((
        [labels, value],
      ) => [labels, Math.round((value - Date.now() / 1000) / DAY)]);
    deepEqual(days(await scrape()), [['{kind="server"}', 100], [
      '{kind="ca"}',
      1,
    ]]);
    // One that was renewed counts at once.
    await Deno.writeTextFile(files.server, soon);
    equal(days(await scrape())[0]![1], 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
