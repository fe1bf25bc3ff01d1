import { equal, match, ok } from "node:assert/strict";
import type { AuditEvent } from "../../lib/api/audit_event.ts";
import type { Credentials } from "../helpers/credentials.ts";
import { issueCertificate } from "../helpers/credentials.ts";
import { delay } from "../helpers/delay.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { LabCluster, LabServer, labTest } from "../lab/mod.ts";

labTest(
  "who does not belong to a cluster stays out, and the audit log says so",
  async (t) => {
    await using cluster = await LabCluster.start({
      proxies: [],
      nodes: ["web-1"],
    });
    const auth = cluster.server("a");
    const addr = cluster.addressOf("a");
    const node = cluster.server("web-1");
    const shown: Credentials = {
      cacert: cluster.admin.cacert,
      cert: `${node.stateDir}/server.crt`,
      key: `${node.stateDir}/server.key`,
    };
    const alice = await issueCertificate(
      {
        folder: auth.host.folder,
        stateDir: auth.stateDir,
        cli: (args) => auth.cli(args),
      },
      { name: "alice", args: [] },
    );
    const step = async (name: string, fn: () => Promise<void>) => {
      if (!await t.step(name, fn)) console.log(await cluster.logs());
    };

    /** Waits until the audit log has a refusal that says this. */
    const audited = (message: RegExp) =>
      waitFor(`the audit log to say ${message}`, async () => {
        const { stdout } = await cluster.curl(
          addr,
          "/v1/events?result=refused",
        );
        const events: AuditEvent[] = stdout.split("\n").filter(Boolean)
          .map((line) => JSON.parse(line));
        return events.find((event) => message.test(event.message ?? ""));
      });

    /** Starts a server that can't join, until it says why. */
    const refusedJoin = async (
      name: string,
      how: { token: string; caPins: readonly string[] },
      message: RegExp,
    ) => {
      const host = await cluster.network.addHost(name, { closed: true });
      const { token, caPins } = how;
      const server = new LabServer(host, {
        args: [
          ...["--roles=node", `--name=${name}`],
          ...await cluster.joining(host, {
            ...{ token, caPins: [...caPins] },
            proxy: addr,
          }),
        ],
      });
      await server.launch();
      await waitFor(
        `"${name}" to say ${message}`,
        async () => message.test(await server.log()),
      );
      await server.stop("SIGKILL");
      ok(!(await server.log()).includes(token), "the token is in the log");
    };

    await step("a node's certificate is no user's", async () => {
      const { stdout } = await cluster.curl(addr, "/v1/jobs", { as: shown });
      match(stdout, /PERMISSION_DENIED/);
      match(stdout, /belongs to a node, not to a user/);
      await audited(/"web-1" belongs to a node, not to a user/);
    });

    await step("a user's certificate opens no tunnel", async () => {
      const { stdout } = await cluster.laptop.run([
        ...["sh", "-c", 'sleep 2 | openssl s_client -quiet "$@" 2>/dev/null'],
        ...["sh", "-connect", addr, "-alpn", "worker-tunnel/1"],
        ...["-CAfile", alice.cacert, "-cert", alice.cert, "-key", alice.key],
      ]);
      match(stdout, /"alice" is that of a user: only nodes may open tunnels/);
      await audited(/only nodes may open tunnels/);
    });

    await step("a user speaks for nobody else", async () => {
      const der = (await Deno.readTextFile(cluster.admin.cert))
        .replace(/-----[^-]+-----|\s/g, "");
      for (const path of ["/v1/jobs", "/v1/nodes/web-1/jobs"]) {
        const { stdout } = await cluster.curl(addr, path, {
          as: alice,
          args: ["-H", `Client-Cert: :${der}:`],
        });
        match(stdout, /PERMISSION_DENIED/, path);
        match(stdout, /alice/);
      }
      await audited(/[Cc]lient-[Cc]ert/);
    });

    await step("a token is used once", async () => {
      const used = await cluster.token("node");
      const joined = await cluster.network.addHost("web-2", { closed: true });
      const server = new LabServer(joined, {
        args: [
          ...["--roles=node", "--name=web-2"],
          ...await cluster.joining(joined, { ...used, proxy: addr }),
        ],
      });
      await server.start();
      await refusedJoin(
        "web-3",
        used,
        /this token was used already, by "web-2"/,
      );
      await audited(/this token was used already, by "web-2"/);
    });

    await step("a token has its time", async () => {
      const expired = await cluster.token("node", ["--ttl=1s"]);
      while (Date.now() <= Date.parse(expired.expiresAt)) await delay(50);
      await refusedJoin("web-4", expired, /this token expired at/);
      await audited(/this token expired at/);
    });

    await step(
      "a token of another cluster is none, and neither is its pin",
      async () => {
        const host = await cluster.network.addHost("foreign");
        const other = new LabServer(host, {
          args: ["--roles=auth,proxy", ...cluster.listening(host)],
        });
        await other.start();
        const made = await other.administer([
          ...["token", "create", "--json", "--roles=node"],
        ]);
        equal(made.code, 0, made.stderr);
        const foreign = JSON.parse(made.stdout);
        const own = await cluster.token("node");
        await refusedJoin("web-5", {
          token: foreign.token,
          caPins: own.caPins,
        }, /not a token of this cluster/);
        await audited(/not a token of this cluster/);
        await refusedJoin("web-6", {
          token: own.token,
          caPins: foreign.caPins,
        }, /has the pin .* no token was sent/s);
        // It is good: whoever could not know the cluster did not tell it to anybody.
        const { stdout } = await auth.administer(["token", "ls", "--json"]);
        const left = JSON.parse(stdout).find(({ id }: { id: string }) =>
          id === own.id
        );
        ok(left.state === "usable", stdout);
      },
    );

    await step(
      "a node that is revoked loses its tunnel and gets none",
      async () => {
        ok(await cluster.reaches("a", "web-1"));
        const revoked = await auth.administer(["nodes", "rm", "web-1"]);
        ok(revoked.code === 0, revoked.stderr);
        await waitFor(
          "the tunnel to be cut",
          async () => !await cluster.reaches("a", "web-1"),
        );
        await audited(/revoked/);
        const { stdout } = await cluster.curl(addr, "/v1/jobs", { as: shown });
        match(stdout, /revoked/);
      },
    );
  },
);
