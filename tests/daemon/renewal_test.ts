import { deepEqual, equal } from "node:assert/strict";
import { initialise } from "../../certs/mod.ts";
import { CertificateRenewal } from "../../lib/daemon/renewal.ts";
import { until } from "../helpers/jobs.ts";

const DAY = 86_400_000;

Deno.test("CertificateRenewal renews when the time has come, and not before", async () => {
  const dir = await Deno.makeTempDir({ prefix: "worker-renewal-" });
  try {
    let now = Date.now();
    let looks = 0;
    const look = () =>
      initialise(dir, { hostname: "host-1", ttl: 30 * DAY, now: () => now })
        .finally(() => looks++);
    const { paths } = await look();
    const certificate = () => Deno.readTextFile(paths.serverCert);
    const first = await certificate();
    await using _renewal = new CertificateRenewal(look, { interval: 5 });
    await until(() => looks > 2);
    equal(await certificate(), first);
    now += 25 * DAY;
    await until(async () => await certificate() !== first);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("CertificateRenewal goes on when one look fails, one at a time, and ends when it is disposed", async () => {
  let looks = 0;
  let running = 0;
  let atOnce = 0;
  const look = async () => {
    looks++;
    atOnce = Math.max(atOnce, ++running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running--;
    throw new Error("the disk is away");
  };
  {
    await using _renewal = new CertificateRenewal(look, { interval: 1 });
    await until(() => looks > 3);
  }
  deepEqual([running, atOnce], [0, 1]);
});
