import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import {
  beginRotation,
  endRotation,
  initialise,
  issueByNext,
  statePaths,
} from "../../certs/mod.ts";
import {
  registerOwnHost,
  revocationDigest,
  revokeHost,
} from "../../lib/cluster/mod.ts";
import { refused } from "../helpers/refused.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { csrOf, newKey } from "./scratch_cluster.ts";
import { identityAs, ScratchPresence } from "./scratch_presence.ts";

const SECOND = 1_000;

Deno.test("accept() shows a member as what it says it is, and a host with two roles as both", async () => {
  await using scratch = await ScratchPresence.create();
  const { directory, cluster } = scratch;
  const web = await scratch.join("web-1");
  await scratch.beat(web, {
    labels: { env: "prod" },
    load: { jobs: 2, load1: 0.5, cores: 4 },
    proxies: ["p-1"],
  });
  const node = directory.findNode("web-1");
  match(node.id, /^[0-9a-hjkmnp-tv-z]{26}$/);
  deepEqual({ ...node, id: "" }, {
    id: "",
    name: "web-1",
    state: "online",
    lastSeen: new Date(cluster.clock.now()).toISOString(),
    roles: ["node"],
    version: "1.0.0",
    addresses: [],
    labels: { env: "prod" },
    load: { jobs: 2, load1: 0.5, cores: 4 },
    proxies: ["p-1"],
  });
  const both = await scratch.join("c", { roles: ["proxy", "node"] });
  const { servers } = await scratch.beat(both, {
    roles: ["proxy", "node"],
    addresses: ["c.example:7443"],
    deployment: { group: "blue", generation: 3 },
  });
  deepEqual(servers, ["c.example:7443"]);
  const [proxy] = directory.proxies();
  equal(proxy?.group, "blue");
  equal(proxy?.generation, 3);
  equal(directory.findNode("c.example").id, proxy?.id);
  // It gives up a role.
  await scratch.beat(both, { roles: ["proxy"] });
  equal(directory.node("c"), undefined);
  equal(directory.proxies().length, 1);
});

Deno.test("accept() refuses each that has no right to what it says in words of its own", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster, directory } = scratch;
  const { members } = cluster;
  const web = await scratch.join("web-1", { labels: ["env=prod"] });
  const denied = (message: RegExp) => refused("PERMISSION_DENIED", message);
  const { identity } = web;
  await rejects(
    scratch.beat({ ...web, identity: { ...identity, kind: "user" } }),
    denied(/certificate of "web-1" is of a user, not of a node, proxy or auth/),
  );
  await rejects(
    scratch.beat({ ...web, identity: { ...identity, name: "web-2" } }),
    denied(/node "web-2" is not a member of this cluster any more/),
  );
  await rejects(
    scratch.beat({ ...web, identity: { ...identity, fingerprint: "00" } }),
    denied(/is not one that the node "web-1" was given/),
  );
  await rejects(
    scratch.beat(web, { roles: ["node", "proxy"] }),
    denied(/node "web-1" claims the role proxy, which it did not join for/),
  );
  await rejects(
    scratch.beat(web, { roles: ["auth"] }),
    denied(/is for the role node, which is not among those .*: auth/),
  );
  await rejects(
    scratch.beat(web, { labels: { env: "test" } }),
    denied(/does not allow the label "env=test"/),
  );
  // Another host is the proxy of that name, which joining does not let happen.
  const node = await members.get({ kind: "node", name: "web-1" });
  await members.update({ kind: "proxy", name: "web-1" }, () => ({
    ...node!,
    ...{ kind: "proxy", id: "another", key: "another" },
  }));
  await rejects(
    scratch.beat(web, { roles: ["node", "proxy"] }),
    denied(/claims the role proxy/),
  );
  equal(directory.findNode("web-1").lastSeen, null);
  await scratch.beat(web, { labels: { env: "prod" } });
  await members.revoke({ kind: "node", name: "web-1" });
  await rejects(scratch.beat(web), denied(/node "web-1" was revoked at 20/));
});

Deno.test("a member that is silent for three intervals is offline, and is shown with when it was heard of", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster: { clock }, directory } = scratch;
  const [a, b] = [await scratch.join("a"), await scratch.join("b")];
  await scratch.beat(a);
  const seen = new Date(clock.now()).toISOString();
  await scratch.beat(b);
  clock.pass(44 * SECOND);
  await scratch.beat(b);
  equal(directory.findNode("a").state, "online");
  clock.pass(1 * SECOND);
  equal(directory.findNode("a").state, "offline");
  equal(directory.findNode("a").lastSeen, seen);
  equal(directory.findNode("b").state, "online");
  clock.pass(44 * SECOND);
  equal(directory.findNode("b").state, "offline");
  await scratch.beat(a);
  equal(directory.findNode("a").state, "online");
});

Deno.test("a member that leaves is offline at once, unless another one has its place", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster: { clock }, directory } = scratch;
  const a = await scratch.join("a");
  await scratch.beat(a, { instance: "i-1" });
  clock.pass(SECOND);
  await scratch.beat(a, { instance: "i-2" });
  await scratch.beat(a, { instance: "i-1", leaving: true });
  equal(directory.findNode("a").state, "online");
  clock.pass(SECOND);
  await scratch.beat(a, { instance: "i-2", leaving: true });
  equal(directory.findNode("a").state, "offline");
  const seen = new Date(clock.now()).toISOString();
  equal(directory.findNode("a").lastSeen, seen);
  // Nothing waits for it to be silent.
  clock.pass(60 * SECOND);
  equal(directory.findNode("a").lastSeen, seen);
  await scratch.beat(a, { instance: "i-3" });
  equal(directory.findNode("a").state, "online");
});

Deno.test("a member that joined and was never heard of is offline since ever", async () => {
  await using scratch = await ScratchPresence.create();
  await scratch.join("web-1", { roles: ["node", "proxy"] });
  const { directory } = scratch;
  const [node, proxy] = await waitFor(
    "both",
    () =>
      directory.node("web-1") && directory.proxy("web-1") &&
      [directory.node("web-1")!, directory.proxy("web-1")!],
  );
  for (const status of [node!, proxy!]) {
    equal(status.state, "offline");
    equal(status.lastSeen, null);
  }
  equal(node?.id, proxy?.id);
});

Deno.test("a restart keeps who is there, and calls nobody offline before three intervals", async () => {
  await using scratch = await ScratchPresence.create();
  const { clock } = scratch.cluster;
  const a = await scratch.join("a");
  await scratch.join("b");
  await scratch.beat(a, { labels: { env: "prod" }, addresses: ["a:1"] });
  const before = scratch.directory.findNode("a");
  clock.pass(40 * SECOND);
  await scratch.presence[Symbol.asyncDispose]();
  clock.pass(3_600 * SECOND);
  await scratch.start();
  deepEqual(scratch.directory.findNode("a"), before);
  equal(scratch.directory.findNode("b").lastSeen, null);
  clock.pass(44 * SECOND);
  equal(scratch.directory.findNode("env=prod").state, "online");
  clock.pass(1 * SECOND);
  equal(scratch.directory.findNode("a").state, "offline");
  await scratch.restart();
  clock.pass(1_000 * SECOND);
  equal(scratch.directory.findNode("a").state, "offline");
  equal(scratch.directory.findNode("a").lastSeen, before.lastSeen);
});

Deno.test("that a member is alive is written at most once a minute, a change at once", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster: { clock, store } } = scratch;
  const a = await scratch.join("a");
  await scratch.beat(a);
  const key = `presence/${scratch.directory.findNode("a").id}`;
  const revision = async () => (await store.get(key))!.revision;
  const first = await revision();
  for (let n = 0; n < 3; n++) {
    clock.pass(15 * SECOND);
    await scratch.beat(a, { load: { jobs: n, load1: n, cores: 1 } });
  }
  equal(await revision(), first);
  clock.pass(15 * SECOND);
  await scratch.beat(a);
  const second = await revision();
  ok(second > first);
  await scratch.beat(a, { addresses: ["a:1"] });
  ok(await revision() > second);
});

Deno.test("a revoked host is in no list any more, as whatever it was, and somebody is told", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster: { members }, directory } = scratch;
  const c = await scratch.join("c", { roles: ["proxy", "node"] });
  await scratch.beat(c, { roles: ["proxy", "node"] });
  await revokeHost(members, {
    id: { kind: "node", name: "c" },
    reason: "lost",
  });
  scratch.presence.dropRevoked();
  deepEqual([directory.nodes(), directory.proxies()], [[], []]);
  deepEqual(scratch.revoked, ["c"]);
  await rejects(
    scratch.beat(c, { roles: ["proxy", "node"] }),
    refused("PERMISSION_DENIED", /proxy "c" was revoked/),
  );
  await scratch.restart();
  deepEqual([scratch.directory.nodes(), scratch.directory.proxies()], [[], []]);
  await rejects(
    revokeHost(members, { id: { kind: "node", name: "d" }, reason: null }),
    refused("NOT_FOUND", /there is no node "d"/),
  );
  // Another host takes its name.
  const other = await scratch.join("c");
  await scratch.beat(other);
  equal(scratch.directory.findNode("c").state, "online");
});

Deno.test("a certificate that somebody put on the revocation list ends its holder's presence", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster: { revocations }, directory, presence } = scratch;
  const a = await scratch.join("a");
  await scratch.beat(a);
  const { serial, fingerprint } = a.identity;
  const revokedAt = new Date().toISOString();
  await revocations.add([
    { serial, fingerprint, name: "a", revokedAt, reason: null },
  ]);
  presence.dropRevoked();
  deepEqual(directory.nodes(), []);
  deepEqual(scratch.revoked, ["a"]);
});

Deno.test("the answer has only what the member does not know", async () => {
  await using scratch = await ScratchPresence.create();
  const { revocations } = scratch.cluster;
  const a = await scratch.join("a");
  const first = await scratch.beat(a);
  deepEqual(first, {
    intervalMs: 15_000,
    ca: null,
    revocations: null,
    renew: false,
    servers: [],
  });
  const revokedAt = new Date().toISOString();
  await revocations.add([
    { serial: "0a", fingerprint: null, name: "x", revokedAt, reason: null },
  ]);
  const told = (await scratch.beat(a)).revocations!;
  deepEqual(told.list.map(({ serial }) => serial), ["0a"]);
  equal(told.digest, revocationDigest(revocations.entries));
  equal(
    (await scratch.beat(a, { revocations: told.digest })).revocations,
    null,
  );
  const { ca } = await scratch.beat(a, { trusts: [] });
  deepEqual(ca?.caPins, a.answer.caPins);
});

Deno.test("members learn of another authority, are told to renew, and are waited for", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster, presence } = scratch;
  const { directory: stateDir, authority, members } = cluster;
  const now = () => cluster.clock.now();
  const c = await scratch.join("c", { roles: ["proxy", "node"] });
  const roles = ["proxy", "node"] as ("proxy" | "node")[];
  await beginRotation(stateDir, { now });
  presence.refresh();
  const { ca, renew } = await scratch.beat(c, { roles });
  equal(ca?.caPins.length, 2);
  equal(renew, false);
  const trusts = ca!.caPins;
  equal((await scratch.beat(c, { roles, trusts })).ca, null);
  for (const kind of roles) {
    const member = await members.get({ kind, name: "c" });
    deepEqual(member?.trusts, trusts);
  }
  await issueByNext(stateDir);
  presence.refresh();
  equal((await scratch.beat(c, { roles, trusts })).renew, true);
  const answer = await authority.renew(c.identity, {
    csr: await csrOf(c.key, { name: "c" }),
    labels: null,
  });
  // Whatever else it is, is renewed with it.
  deepEqual(answer.certificates.map(({ kind }) => kind), ["proxy", "node"]);
  const renewed = { answer, identity: identityAs(answer, "proxy") };
  equal((await scratch.beat(renewed, { roles, trusts })).renew, false);
  await endRotation(stateDir);
  presence.refresh();
  const last = await scratch.beat(renewed, { roles, trusts });
  equal(last.ca?.caPins.length, 1);
  equal(last.renew, false);
});

Deno.test("registerOwnHost() makes the authority's host a member, and takes no other's name", async () => {
  await using scratch = await ScratchPresence.create();
  const { cluster, directory } = scratch;
  const { directory: stateDir, members, clock } = cluster;
  await initialise(stateDir, { kind: "proxy", name: "a" });
  const { serverCert, caCert } = statePaths(stateDir);
  const host = {
    name: "a",
    labels: { env: "prod" },
    certificate: await Deno.readTextFile(serverCert),
    ca: await Deno.readTextFile(caCert),
  };
  const roles = ["auth", "proxy", "node"] as const;
  await registerOwnHost(members, { host: { ...host, roles }, clock });
  await registerOwnHost(members, { host: { ...host, roles }, clock });
  const own = await members.list();
  deepEqual(own.map(({ kind, name }) => `${kind} ${name}`).sort(), [
    "auth a",
    "node a",
    "proxy a",
  ]);
  equal(new Set(own.map(({ id }) => id)).size, 1);
  equal(own[0]?.certificates.length, 1);
  const { ca } = await authorityPins(cluster);
  equal(own[0]?.certificates[0]?.issuer, ca);
  await rejects(
    revokeHost(members, { id: { kind: "node", name: "a" }, reason: null }),
    refused("CONFLICT", /is this server itself/),
  );
  // Nobody joins as it.
  await rejects(
    scratch.join("a"),
    refused(
      "CONFLICT",
      /another host is the auth "a" already, with another key/,
    ),
  );
  await registerOwnHost(members, { host: { ...host, roles: ["auth"] }, clock });
  deepEqual((await members.list()).map(({ kind }) => kind), ["auth"]);
  await scratch.join("b", { key: await newKey() });
  await rejects(
    registerOwnHost(members, { host: { ...host, roles, name: "b" }, clock }),
    refused("CONFLICT", /another host is the node "b" already/),
  );
  equal(directory.node("a"), undefined);
});

async function authorityPins({ authority }: ScratchPresence["cluster"]) {
  const { caPins: [ca] } = await authority.ca();
  return { ca };
}
