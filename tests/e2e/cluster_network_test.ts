import { deepEqual, equal, match } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  Balancer,
  type LabHost,
  LabNetwork,
  LabServer,
  labTest,
} from "../lab/mod.ts";
import { curlFrom } from "../lab/lab_server.ts";
import { namespaces } from "../lab/remove_namespaces.ts";

labTest(
  "a network has hosts that are reached, closed, silent and cut off",
  async () => {
    await using network = await LabNetwork.create();
    const open = await network.addHost("open");
    const closed = await network.addHost("closed", { closed: true });
    const client = await network.addHost("client");
    for (const host of [open, closed]) await listen(host);

    const reach = async () => {
      const [toOpen, toClosed, out] = await Promise.all([
        reaches(client, open),
        reaches(client, closed),
        reaches(closed, open),
      ]);
      return { open: toOpen, closed: toClosed, out };
    };
    deepEqual(await reach(), { open: true, closed: false, out: true });
    // The port that nobody reaches is there.
    equal(await reaches(closed, closed), true);

    await network.silence(open);
    deepEqual(await reach(), { open: false, closed: false, out: false });
    await network.heal();
    await network.partition(open, closed);
    deepEqual(await reach(), { open: false, closed: false, out: true });
    await network.heal();
    deepEqual(await reach(), { open: true, closed: false, out: true });
  },
);

labTest(
  "a network is gone with all its processes when it is disposed",
  async () => {
    const network = await LabNetwork.create();
    const host = await network.addHost("host");
    const log = `${host.folder}/log`;
    const pid = await host.daemon(["sleep", "600"], { log });
    equal((await namespaces()).includes(host.namespace), true);
    await network[Symbol.asyncDispose]();
    await waitFor("the process to be gone", () => !isAlive(pid));
    equal((await namespaces()).includes(host.namespace), false);
    equal(await Deno.stat(network.folder).catch(() => null), null);
  },
);

labTest("a network removes what one left behind that was killed", async () => {
  const module = new URL("../lab/mod.ts", import.meta.url).href;
  const killed = await runCommand([
    ...[Deno.execPath(), "eval", "--no-lock"],
    `const { LabNetwork } = await import("${module}");
       const network = await LabNetwork.create();
       const host = await network.addHost("host");
       const log = host.folder + "/log";
       const pid = await host.daemon(["sleep", "600"], { log });
       console.log(JSON.stringify({ pid, folder: network.folder }));
       Deno.kill(Deno.pid, "SIGKILL");`,
  ], { cwd: new URL("../..", import.meta.url).pathname });
  const { pid, folder } = JSON.parse(killed.stdout);
  equal(isAlive(pid), true);
  await using _network = await LabNetwork.create();
  await waitFor("the process to be gone", () => !isAlive(pid));
  equal(await Deno.stat(folder).catch(() => null), null);
});

labTest(
  "a balancer spreads connections over servers, and sticks when told to",
  async () => {
    await using network = await LabNetwork.create();
    const front = await network.addHost("balancer");
    const client = await network.addHost("client");
    const servers: LabServer[] = [];
    for (const name of ["a", "b"]) {
      const host = await network.addHost(name);
      servers.push(
        new LabServer(host, {
          args: [
            `--listen=${host.address}:7443`,
            `--host=${host.address}`,
            `--host=${front.address}`,
          ],
        }),
      );
    }
    await Promise.all(servers.map((server) => server.start()));
    const balancer = await Balancer.start(front, {
      servers: servers.map(({ host }) => `${host.address}:7443`),
    });
    const answers = async () => {
      const seen = new Set<string>();
      for (const server of servers) {
        for (let call = 0; call < 2; call++) {
          // Each has an authority of its own, so that the certificate says who answers.
          const { code } = await curlFrom(
            client,
            `https://${balancer.address}/healthz`,
            { as: server.admin },
          );
          if (code === 0) seen.add(server.host.name);
        }
      }
      return [...seen].sort();
    };
    deepEqual(
      await waitFor("both", async () => {
        const seen = await answers();
        return seen.length === 2 && seen;
      }),
      ["a", "b"],
    );
    await balancer.restart({
      rule: "source",
      servers: servers.map(({ host }) => `${host.address}:7443`),
    });
    await waitFor("one", async () => (await answers()).length === 1);
    equal((await answers()).length, 1);

    const direct = await curlFrom(
      client,
      `https://${servers[0]!.host.address}:7443/v1/run`,
      { as: servers[0]!.admin, args: ["-d", '{"command":"true"}'] },
    );
    match(direct.stdout, /"type":"end"/, direct.stderr);
    await servers[0]!.stop();
  },
);

async function listen(host: LabHost): Promise<void> {
  const log = `${host.folder}/listen.log`;
  await host.daemon([
    ...[Deno.execPath(), "eval", "--quiet"],
    'for await (const c of Deno.listen({ hostname: "0.0.0.0", port: 7443 })) c.close();',
  ], { log });
  await waitFor("somebody to listen", () => reaches(host, host));
}

/** Whether a connection from one host to another comes about within a moment. */
async function reaches(from: LabHost, to: LabHost): Promise<boolean> {
  const { code } = await from.run([
    ...["curl", "--silent", "--connect-timeout", "1", "--max-time", "2"],
    ...["--telnet-option", "X=1", `telnet://${to.address}:7443`],
  ]);
  // Whatever the other end does then: 7 is refused, 28 is no answer.
  return code !== 7 && code !== 28;
}
