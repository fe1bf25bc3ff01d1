import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import { certificatesOfPem, formatPem } from "../../../certs/mod.ts";
import { MemberRenewal } from "../../../lib/daemon/cluster/member_renewal.ts";
import type {
  ClusterCalls,
  Membership,
} from "../../../lib/daemon/cluster/membership.ts";
import { takeAuthorities } from "../../../lib/daemon/cluster/take_authorities.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { ServedCluster } from "../../http/served_cluster.ts";
import { JoiningHost } from "./joining_host.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A host that has joined, and the renewal of its certificate on its clock. */
class RenewingHost implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #stack = new AsyncDisposableStack();
  #running = Promise.resolve();
  /** Calls that are to fail before one succeeds. */
  failing = 0;
  calls = 0;

  private constructor(
    readonly host: JoiningHost,
    readonly membership: Membership,
    readonly renewal: MemberRenewal,
  ) {}

  static async start(): Promise<RenewingHost> {
    const served = await ServedCluster.start();
    const host = await JoiningHost.make(served);
    const membership = await host.joined();
    const { clock } = host;
    const renewal = new MemberRenewal(membership, { clock, random: () => 0 });
    const renewing = new RenewingHost(host, membership, renewal);
    renewing.#stack.use(served);
    renewing.#stack.use(host);
    await renewing.#run();
    return renewing;
  }

  async #run(): Promise<void> {
    const real = await this.host.calls();
    const calls: ClusterCalls = {
      call: (call) => {
        this.calls++;
        if (this.failing-- > 0) return Promise.reject(new Error("away"));
        return real.call(call);
      },
    };
    const { signal } = this.#stop;
    this.#running = this.renewal.run({ calls, signal });
    await this.asleep();
  }

  /** It waits for its clock. */
  asleep(): Promise<unknown> {
    return waitFor("it to sleep", () => this.host.clock.armed === 1, {
      interval: 1,
    });
  }

  /** Time passes in steps, in each of which it does what it does. */
  async pass(ms: number, step = HOUR): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.host.pass(Math.min(step, left));
      await this.asleep();
    }
  }

  async serial(): Promise<string> {
    return (await this.membership.read())!.serial;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#stack.disposeAsync();
    equal(this.host.clock.armed, 0);
  }
}

Deno.test("MemberRenewal.run() renews at half of a certificate's life, and not before", async () => {
  await using renewing = await RenewingHost.start();
  const first = await renewing.serial();
  await renewing.pass(15 * DAY - 2 * HOUR, DAY);
  deepEqual([await renewing.serial(), renewing.calls], [first, 0]);
  await renewing.pass(3 * HOUR);
  notEqual(await renewing.serial(), first);
  equal(renewing.calls, 1);
  await renewing.pass(14 * DAY, DAY);
  equal(renewing.calls, 1);
  await renewing.pass(2 * DAY, DAY);
  equal(renewing.calls, 2);
});

Deno.test("MemberRenewal.renewNow() renews at once, once", async () => {
  await using renewing = await RenewingHost.start();
  const first = await renewing.serial();
  renewing.renewal.renewNow();
  renewing.renewal.renewNow();
  await waitFor(
    "another certificate",
    async () => await renewing.serial() !== first,
  );
  await renewing.asleep();
  await renewing.pass(DAY);
  equal(renewing.calls, 1);
});

Deno.test("MemberRenewal.run() tries again what failed, later and later, and then as asked", async () => {
  await using renewing = await RenewingHost.start();
  const first = await renewing.serial();
  renewing.failing = 8;
  renewing.renewal.renewNow();
  await waitFor("a call", () => renewing.calls === 1);
  await renewing.asleep();
  // Asking again does not hurry it.
  renewing.renewal.renewNow();
  equal(renewing.calls, 1);
  await renewing.pass(5_000, 5_000);
  equal(renewing.calls, 2);
  await renewing.pass(5_000, 5_000);
  equal(renewing.calls, 2);
  await renewing.pass(5_000, 5_000);
  equal(renewing.calls, 3);
  await renewing.pass(4 * HOUR, 60_000);
  equal(renewing.calls, 9);
  notEqual(await renewing.serial(), first);
});

Deno.test("MemberRenewal.run() comes back when the certificate is over by the time somebody answers", async () => {
  await using renewing = await RenewingHost.start();
  const first = await renewing.serial();
  renewing.failing = Infinity;
  await renewing.pass(31 * DAY, DAY);
  await waitFor(
    "another certificate",
    async () => await renewing.serial() !== first,
  );
  const { notAfter } = (await renewing.membership.read())!;
  ok(notAfter > renewing.host.clock.now());
  await renewing.asleep();
});

Deno.test("takeAuthorities() trusts another beside the old one, and never only strangers", async () => {
  await using served = await ServedCluster.start();
  await using other = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.joined();
  const { ca } = await served.cluster.authority.ca();
  const { ca: strange } = await other.cluster.authority.ca();
  const { stateDir, paths } = host;
  equal(await takeAuthorities(stateDir, { ca }), false);
  equal(await takeAuthorities(stateDir, { ca: ca + strange }), true);
  equal(await Deno.readTextFile(paths.caCert), ca + strange);
  // The rotation ends.
  equal(await takeAuthorities(stateDir, { ca: strange }), true);
  await rejects(takeAuthorities(stateDir, { ca }), { code: "invalid" });
  await rejects(takeAuthorities(stateDir, { ca: "none" }), { code: "damaged" });
  const leaf = await Deno.readTextFile(paths.serverCert);
  const [der] = certificatesOfPem(leaf, "test");
  const bundle = strange + formatPem("CERTIFICATE", der!);
  await rejects(takeAuthorities(stateDir, { ca: bundle }), { code: "damaged" });
  equal(await Deno.readTextFile(paths.caCert), strange);
});
