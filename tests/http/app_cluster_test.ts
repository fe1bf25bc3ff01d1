import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readJsonLines } from "../../lib/client/lines.ts";
import type { MemberChange, NodeStatus } from "../../lib/api/presence.ts";
import { csrOf, newKey } from "../cluster/scratch_cluster.ts";
import { heartbeat } from "../cluster/scratch_presence.ts";
import { ServedCluster } from "./served_cluster.ts";

const ADMIN = { name: "root", roles: ["admin"] };

/** Lets a host in, and gives a client with its certificate. */
async function member(
  served: ServedCluster,
  name: string,
  { kind = "node", key }: { kind?: "node" | "proxy"; key?: string } = {},
) {
  key ??= await newKey();
  const { cluster } = served;
  const answer = await cluster.join({
    token: await cluster.token({ roles: [kind] }),
    name,
    csr: await csrOf(key, { name }),
  });
  const cert = answer.certificates[0]!.certificate;
  const client = served.with({ cert, key });
  const beat = (more = {}) =>
    client.post(
      "/v1/heartbeats",
      heartbeat({ roles: [kind], trusts: answer.caPins, ...more }),
    );
  return { client, beat };
}

Deno.test("POST /v1/heartbeats shows a member to users and proxies, and only refusals are recorded", async () => {
  await using served = await ServedCluster.start();
  const web = await member(served, "web-1");
  const said = await web.beat({ labels: { env: "prod" } });
  equal(said.status, 200, said.text);
  equal(said.json.intervalMs, 15_000);
  deepEqual(served.audited, []);

  const proxy = await member(served, "p-1", { kind: "proxy" });
  const alice = await served.as({ name: "alice" });
  for (const client of [alice, proxy.client]) {
    const nodes = await client.get("/v1/nodes");
    equal(nodes.status, 200, nodes.text);
    deepEqual(nodes.json.map(({ name }: NodeStatus) => name), ["web-1"]);
    equal((await client.get("/v1/nodes/env%3Dprod")).json.name, "web-1");
  }
  equal((await alice.get("/v1/nodes/nobody")).json.code, "NOT_FOUND");
  const none = await alice.get("/v1/nodes?label=env=test");
  deepEqual(none.json, []);
  const bad = await alice.get("/v1/nodes?label=env");
  equal(bad.json.code, "INVALID_ARGUMENT");
  match(bad.json.detail, /"env" is not a label/);

  // Members see the proxies, and no nodes.
  equal((await web.client.get("/v1/proxies")).json[0].name, "p-1");
  const refused = await web.client.get("/v1/nodes");
  equal(refused.status, 403);
  match(refused.json.detail, /"web-1" is a node and may not read a node/);
});

Deno.test("POST /v1/heartbeats refuses users, strangers and false claims, and records each", async () => {
  await using served = await ServedCluster.start();
  const web = await member(served, "web-1");
  const alice = await served.as({ name: "alice" });
  const forged = await served.as({ name: "web-1", kind: "node" });
  const nobody = await served.as();
  const asked = [
    [alice, heartbeat(), 403, /"alice" is a user and may not create a heart/],
    [forged, heartbeat(), 403, /is not one that the node "web-1" was given/],
    [nobody, heartbeat(), 401, /certificate/],
    [
      web.client,
      heartbeat({ roles: ["node", "auth"] }),
      403,
      /claims the role auth, which it did not join for/,
    ],
  ] as const;
  for (const [client, body, status, message] of asked) {
    const answer = await client.post("/v1/heartbeats", body);
    equal(answer.status, status, answer.text);
    match(answer.json.detail, message);
  }
  deepEqual(
    served.audited.map(({ action, result, actor }) => [
      action,
      result,
      actor?.name,
    ]),
    [
      ["member.heartbeat", "refused", "alice"],
      ["member.heartbeat", "refused", "web-1"],
      ["member.heartbeat", "refused", undefined],
      ["member.heartbeat", "refused", "web-1"],
    ],
  );
});

Deno.test("POST /v1/heartbeats refuses what is too long, too much or too often", async () => {
  await using served = await ServedCluster.start();
  const web = await member(served, "web-1");
  const labels = Object.fromEntries(
    Array.from({ length: 65 }, (_, n) => [`l${n}`, "x"]),
  );
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ labels }, /more than 64 labels/],
    [{ addresses: Array(17).fill("a:1") }, /addresses/],
    [{ addresses: ["a:70000000"] }, /"a:70000000" is not an address/],
    [{ addresses: ["http://a:1"] }, /is not an address/],
    [{ proxies: ["../x"] }, /proxies/],
    [{ version: "1".repeat(65) }, /version/],
    [{ roles: [] }, /roles/],
    [{ roles: ["node", "node"] }, /a role is named twice/],
    [{ load: { jobs: -1, load1: 0, cores: 1 } }, /load/],
    [{ instance: "x".repeat(70_000) }, /larger than 64 KiB/],
  ];
  for (const [more, message] of wrong) {
    const answer = await web.beat(more);
    equal(answer.json?.code, "INVALID_ARGUMENT", answer.text);
    match(answer.json.detail, message);
  }
  let last = await web.beat();
  for (let n = 0; n < 30 && last.status === 200; n++) last = await web.beat();
  equal(last.json.code, "RESOURCE_EXHAUSTED");
  ok(Number(last.headers.get("retry-after")) >= 1);
  // Another member of the same host, as behind a proxy, is not held up.
  const other = await member(served, "web-2");
  equal((await other.beat()).status, 200);
});

Deno.test("GET /v1/nodes?watch=true tells all, then synced, then what changes", async () => {
  await using served = await ServedCluster.start();
  const a = await member(served, "a");
  await a.beat({ labels: { env: "prod" } });
  const b = await member(served, "b");
  await b.beat();
  const alice = await served.as({ name: "alice" });
  using all = await watch(alice, "/v1/nodes?watch=true");
  using prod = await watch(alice, "/v1/nodes?watch=true&label=env=prod");
  deepEqual(await all.take(3), ["node a", "node b", "synced"]);
  deepEqual(await prod.take(2), ["node a", "synced"]);
  await a.beat({ labels: { env: "test" } });
  deepEqual(await all.take(1), ["node a"]);
  deepEqual(await prod.take(1), ["removed a"]);
  served.cluster.clock.pass(45_000);
  deepEqual((await all.take(2)).sort(), ["node a", "node b"]);
});

Deno.test("DELETE /v1/nodes/{name} revokes a host at once, by administrators only, and is recorded", async () => {
  await using served = await ServedCluster.start();
  const web = await member(served, "web-1");
  await web.beat();
  const alice = await served.as({ name: "alice" });
  const admin = await served.as(ADMIN);
  const refused = await alice.delete("/v1/nodes/web-1");
  equal(refused.status, 403, refused.text);
  equal((await web.client.delete("/v1/nodes/web-1")).status, 403);
  equal((await admin.delete("/v1/nodes/web-2")).status, 404);
  equal((await admin.delete("/v1/proxies/web-1")).status, 404);
  const path = "/v1/nodes/web-1?reason=stolen";
  equal((await admin.delete(path)).status, 204);
  deepEqual((await admin.get("/v1/nodes")).json, []);
  const [entry] = served.cluster.revocations.entries;
  deepEqual([entry?.name, entry?.reason], ["web-1", "stolen"]);
  const after = await web.beat();
  equal(after.status, 401, after.text);
  match(after.json.detail, /revoked/);
  deepEqual(
    served.audited.map(({ action, result, actor, detail }) => [
      action,
      result,
      actor?.name,
      detail?.name,
    ]),
    [
      ["member.revoke", "refused", "alice", undefined],
      ["member.revoke", "refused", "web-1", undefined],
      ["member.revoke", "failed", "root", "web-2"],
      ["member.revoke", "failed", "root", "web-1"],
      ["member.revoke", "ok", "root", "web-1"],
      ["member.heartbeat", "refused", undefined, undefined],
    ],
  );
});

Deno.test("/v1/ca/rotation is for administrators, and each step is recorded", async () => {
  await using served = await ServedCluster.start();
  const web = await member(served, "web-1");
  await web.beat();
  const alice = await served.as({ name: "alice" });
  const admin = await served.as(ADMIN);
  const path = "/v1/ca/rotation";
  equal((await alice.get(path)).status, 403);
  equal((await alice.post(path, { phase: "announced" })).status, 403);
  const skipped = await admin.post(path, { phase: "issuing" });
  equal(skipped.status, 409);
  match(
    skipped.json.detail,
    /in the phase "none" and can't go to "issuing": .*`worker certs rotate begin`/,
  );
  const begun = await admin.post(path, { phase: "announced" });
  equal(begun.status, 200, begun.text);
  equal(begun.json.phase, "announced");
  deepEqual(
    begun.json.notMoved.map((
      { name, why }: { name: string; why: string },
    ) => [name, why]),
    [["web-1", "trust"]],
  );
  const told = (await web.beat()).json.ca;
  equal(told.caPins[1], begun.json.next.pin);
  const stranding = await admin.post(path, { phase: "issuing" });
  equal(stranding.status, 409);
  match(stranding.json.detail, /would be cut off: node "web-1"/);
  equal((await web.beat({ trusts: told.caPins })).status, 200);
  deepEqual((await admin.get(path)).json.notMoved, []);
  const issuing = await admin.post(path, { phase: "issuing" });
  equal(issuing.json.phase, "issuing");
  equal(issuing.json.issuer.pin, begun.json.next.pin);
  equal((await web.beat({ trusts: told.caPins })).json.renew, true);
  const late = await admin.post(path, { phase: "none" });
  match(late.json.detail, /would be cut off: node "web-1"/);
  const forced = await admin.post(path, { phase: "none", force: true });
  equal(forced.json.phase, "none", forced.text);
  deepEqual(
    served.audited.flatMap(({ action, result, detail }) =>
      action === "authority.rotate" ? [[result, detail?.phase]] : []
    ),
    [
      ["refused", undefined],
      ["failed", "issuing"],
      ["ok", "announced"],
      ["failed", "issuing"],
      ["ok", "issuing"],
      ["failed", "none"],
      ["ok", "none"],
    ],
  );
});

Deno.test("a server that is not auth says so, and who asks for tunnels of one that takes none hears why", async () => {
  await using served = await ServedCluster.start();
  delete served.services.auth;
  const admin = await served.as(ADMIN);
  for (
    const answer of [
      await admin.get("/v1/ca"),
      await admin.get("/v1/tokens"),
      await admin.get("/v1/ca/rotation"),
      await admin.delete("/v1/nodes/a"),
      await admin.post("/v1/tokens", { roles: ["node"] }),
    ]
  ) {
    equal(answer.json.code, "UNAVAILABLE", answer.text);
    match(answer.json.detail, /this server has not the role auth/);
  }
  deepEqual((await admin.get("/v1/nodes")).json, []);
  const tunnels = await admin.get("/v1/tunnels");
  equal(tunnels.json.code, "UNSUPPORTED");
  match(tunnels.json.detail, /has not the role proxy/);
  const discovery = await admin.get("/v1/tunnels/discovery");
  equal(discovery.json.code, "UNSUPPORTED");
});

/** Reads a watch, each line in few words. */
async function watch(
  client: Awaited<ReturnType<ServedCluster["as"]>>,
  path: string,
) {
  const controller = new AbortController();
  const { body } = await client.open(path, { signal: controller.signal });
  const lines = readJsonLines<MemberChange<NodeStatus>>(body, {});
  return {
    async take(count: number): Promise<string[]> {
      const taken: string[] = [];
      while (taken.length < count) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`it ended after ${taken}`);
        taken.push(
          "name" in value ? `${value.type} ${value.name}` : value.type,
        );
      }
      return taken;
    },
    [Symbol.dispose]: () => controller.abort(),
  };
}
