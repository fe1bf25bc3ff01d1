import {
  deepEqual,
  equal,
  match,
  notEqual,
  ok,
  rejects,
} from "node:assert/strict";
import {
  beginRotation,
  endRotation,
  issueByNext,
  parseCertificate,
  PeerVerifier,
  readRotation,
} from "../../certs/mod.ts";
import { alternativeNames } from "../../certs/_extensions.ts";
import { membersNotMoved, refuseStranding } from "../../lib/cluster/mod.ts";
import { derOf } from "../certs/workspace.ts";
import {
  csrOf,
  identityIn,
  newKey,
  ScratchCluster,
} from "./scratch_cluster.ts";

const DAY = 86_400_000;

Deno.test("join() gives a certificate of the token's kind for the name and key that asked", async () => {
  await using cluster = await ScratchCluster.create();
  const key = await newKey();
  const answer = await cluster.join({
    token: await cluster.token({ labels: ["env=prod"] }),
    name: "web-1",
    labels: { env: "prod" },
    csr: await csrOf(key),
  });
  const [{ certificate, kind, notAfter, renewAt }] = answer.certificates as [
    JoinCertificate,
  ];
  equal(kind, "node");
  equal(answer.cluster, "demo");
  match(answer.caPins[0]!, /^sha256:[0-9a-f]{64}$/);
  const verifier = new PeerVerifier({
    caBundle: answer.ca,
    revocations: cluster.revocations,
  });
  for (const usage of ["client", "server"] as const) {
    const { name, kind, roles } = verifier.verify(derOf(certificate), usage);
    deepEqual([name, kind, roles], ["web-1", "node", []]);
  }
  const left = Date.parse(notAfter) - cluster.clock.now();
  ok(Math.abs(left - 30 * DAY) < 2_000, `${left}`);
  ok(Math.abs(Date.parse(renewAt) - cluster.clock.now() - 15 * DAY) < 2_000);
  const member = await cluster.members.get({ kind: "node", name: "web-1" });
  deepEqual(member?.labels, { env: "prod" });
  deepEqual(member?.trusts, answer.caPins);
});

type JoinCertificate = Awaited<
  ReturnType<ScratchCluster["join"]>
>["certificates"][number];

Deno.test("join() gives no names but the member's own and those that the token allows", async () => {
  await using cluster = await ScratchCluster.create();
  const csr = await csrOf(await newKey(), {
    name: "mallory",
    sans: ["DNS:c.example", "DNS:a.example", "IP:10.0.0.1", "DNS:*.c.example"],
  });
  const answer = await cluster.join({
    token: await cluster.token({
      roles: ["proxy"],
      hosts: ["c.example", "*.c.example"],
    }),
    name: "proxy-1",
    csr,
  });
  const { name, kind } = identityIn(answer);
  deepEqual([name, kind], ["proxy-1", "proxy"]);
  const certificate = parseCertificate(
    derOf(answer.certificates[0]!.certificate),
  );
  deepEqual(alternativeNames(certificate).map(({ value }) => value), [
    "spiffe://demo/proxy/proxy-1",
    "proxy-1",
    "c.example",
  ]);
});

Deno.test("join() gives one certificate for each role of the token, in one use", async () => {
  await using cluster = await ScratchCluster.create();
  const answer = await cluster.join({
    token: await cluster.token({ roles: ["node", "proxy"] }),
    name: "c",
    csr: await csrOf(await newKey()),
  });
  deepEqual(answer.certificates.map(({ kind }) => kind), ["node", "proxy"]);
  equal((await cluster.members.list()).length, 2);
});

Deno.test("join() refuses each token that is not good in words of its own", async () => {
  await using cluster = await ScratchCluster.create();
  await using foreign = await ScratchCluster.create();
  const csr = await csrOf(await newKey());
  const refused = (message: RegExp) => ({ code: "UNAUTHENTICATED", message });
  const join = (token: string, name = "web-1") =>
    cluster.join({ token, name, csr });
  await rejects(join("hunter2"), refused(/not a token: copy/));
  await rejects(
    join(await foreign.token()),
    refused(/not a token of this cluster/),
  );
  const token = await cluster.token();
  const last = token.at(-1) === "0" ? "1" : "0";
  await rejects(
    join(token.slice(0, -1) + last),
    refused(/not a token of this cluster/),
  );
  const late = await cluster.token({ ttl: "10m" });
  await join(token);
  await rejects(
    cluster.join({ token, name: "web-2", csr: await csrOf(await newKey()) }),
    refused(/used already, by "web-1"/),
  );
  cluster.clock.pass(600_000);
  await rejects(join(late, "web-3"), refused(/expired at/));
  const removed = await cluster.token();
  const { id } = (await cluster.tokens.list()).at(-1)!;
  await cluster.tokens.remove(id);
  await rejects(join(removed, "web-4"), refused(/was removed/));
  equal((await cluster.members.list()).length, 1);
});

Deno.test("join() lets one of two in when both use one token at once", async () => {
  await using cluster = await ScratchCluster.create();
  const token = await cluster.token();
  const tries = await Promise.allSettled(
    ["a", "b", "c", "d"].map(async (name) =>
      cluster.join({ token, name, csr: await csrOf(await newKey()) })
    ),
  );
  equal(tries.filter(({ status }) => status === "fulfilled").length, 1);
  equal((await cluster.members.list()).length, 1);
  equal((await cluster.tokens.list())[0]!.usedBy.length, 1);
});

Deno.test("join() answers the same host again when its first answer was lost", async () => {
  await using cluster = await ScratchCluster.create();
  const token = await cluster.token();
  const csr = await csrOf(await newKey());
  await cluster.join({ token, name: "web-1", csr });
  equal(
    identityIn(await cluster.join({ token, name: "web-1", csr })).name,
    "web-1",
  );
  await rejects(cluster.join({ token, name: "web-2", csr }), {
    message: /used already/,
  });
});

Deno.test("join() refuses what the token does not allow, which stays usable", async () => {
  await using cluster = await ScratchCluster.create();
  const token = await cluster.token({ labels: ["env=dev", "team=*"] });
  const csr = await csrOf(await newKey());
  const denied = (message: RegExp) => ({ code: "PERMISSION_DENIED", message });
  await rejects(
    cluster.join({ token, name: "w", csr, roles: ["proxy"] }),
    denied(/not for "proxy"/),
  );
  await rejects(
    cluster.join({ token, name: "w", csr, labels: { env: "prod" } }),
    denied(/"env=prod"/),
  );
  await rejects(cluster.join({ token, name: "w", csr: "no" }), {
    code: "INVALID_ARGUMENT",
  });
  const labels = { env: "dev", team: "x" };
  await cluster.join({ token, name: "w", csr, labels });
});

Deno.test("join() refuses a name that another key has, until that one can't come back", async () => {
  await using cluster = await ScratchCluster.create();
  const join = async () =>
    cluster.join({
      token: await cluster.token(),
      name: "web-1",
      csr: await csrOf(await newKey()),
    });
  await join();
  cluster.clock.pass(1);
  const token = await cluster.token();
  await rejects(
    cluster.join({ token, name: "web-1", csr: await csrOf(await newKey()) }),
    { code: "CONFLICT", message: /choose another name/ },
  );
  equal((await cluster.tokens.list()).at(-1)!.state, "usable");
  cluster.clock.pass(61 * DAY);
  await join();
});

Deno.test("renew() gives a member another certificate, also for a new key", async () => {
  await using cluster = await ScratchCluster.create();
  const first = await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr: await csrOf(await newKey()),
  });
  cluster.clock.pass(15 * DAY);
  const csr = await csrOf(await newKey());
  const renewed = await cluster.authority.renew(identityIn(first), {
    csr,
    labels: { env: "prod" },
  });
  notEqual(identityIn(renewed).serial, identityIn(first).serial);
  ok(identityIn(renewed).notAfter > identityIn(first).notAfter);
  const member = await cluster.members.get({ kind: "node", name: "web-1" });
  deepEqual(member?.labels, { env: "prod" });
  equal(member?.certificates.length, 2);
});

Deno.test("renew() refuses users, strangers, and certificates that were not given", async () => {
  await using cluster = await ScratchCluster.create();
  const csr = await csrOf(await newKey());
  const joined = await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr,
  });
  const identity = identityIn(joined);
  const renew = (change: Partial<typeof identity>) =>
    cluster.authority.renew({ ...identity, ...change }, { csr, labels: null });
  const denied = (message: RegExp) => ({ code: "PERMISSION_DENIED", message });
  await rejects(renew({ kind: "user" }), denied(/of a user/));
  await rejects(renew({ kind: null }), denied(/of a user/));
  await rejects(renew({ kind: "proxy" }), denied(/not a member/));
  await rejects(renew({ name: "web-2" }), denied(/not a member/));
  await rejects(renew({ fingerprint: "00" }), denied(/not one that the node/));
});

Deno.test("join() lets a member come back with its old key within the grace, and no longer", async () => {
  await using cluster = await ScratchCluster.create();
  const key = await newKey();
  const csr = await csrOf(key);
  const joined = await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr,
  });
  const [{ certificate }] = joined.certificates as [JoinCertificate];
  const comeBack = (more: Record<string, unknown> = {}) =>
    cluster.join({ certificate, name: "web-1", csr, ...more });
  cluster.clock.pass(45 * DAY);
  await rejects(comeBack({ csr: await csrOf(await newKey()) }), {
    code: "PERMISSION_DENIED",
    message: /with the key it has only/,
  });
  const back = await comeBack();
  ok(identityIn(back).notAfter > cluster.clock.now());
  cluster.clock.pass(16 * DAY);
  await rejects(comeBack(), {
    code: "UNAUTHENTICATED",
    message: /too long to come back/,
  });
});

Deno.test("a revoked member is refused everywhere, with its key and its certificates", async () => {
  await using cluster = await ScratchCluster.create();
  const csr = await csrOf(await newKey());
  const joined = await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr,
  });
  const [{ certificate }] = joined.certificates as [JoinCertificate];
  await rejects(cluster.members.remove({ kind: "node", name: "web-1" }), {
    code: "CONFLICT",
  });
  await cluster.members.revoke({ kind: "node", name: "web-1" }, {
    reason: "lost",
  });
  ok(cluster.revocations.has(identityIn(joined)));
  const denied = { code: "PERMISSION_DENIED", message: /revoked/ };
  await rejects(
    cluster.authority.renew(identityIn(joined), { csr, labels: null }),
    denied,
  );
  await rejects(cluster.join({ certificate, name: "web-1", csr }), {
    code: "UNAUTHENTICATED",
    message: /revoked/,
  });
  const token = await cluster.token();
  await rejects(cluster.join({ token, name: "web-1", csr }), denied);
  await cluster.join({
    token,
    name: "web-1",
    csr: await csrOf(await newKey()),
  });
  await rejects(cluster.members.revoke({ kind: "node", name: "x" }), {
    code: "NOT_FOUND",
  });
});

Deno.test("the store holds no secret of a token", async () => {
  await using cluster = await ScratchCluster.create();
  const token = await cluster.token();
  const { items } = await cluster.store.list("");
  const secret = token.split("-").at(-1)!;
  equal(secret.length, 32);
  ok(!JSON.stringify(items).includes(secret));
});

Deno.test("membersNotMoved() names who the next step of a rotation would cut off", async () => {
  await using cluster = await ScratchCluster.create();
  const { directory } = cluster;
  const csr = await csrOf(await newKey());
  const joined = await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr,
  });
  const left = async () =>
    membersNotMoved(await readRotation(directory), {
      members: await cluster.members.list(),
      now: cluster.clock.now(),
    });
  deepEqual(await left(), []);
  await beginRotation(directory, { now: () => cluster.clock.now() });
  deepEqual((await left()).map(({ name, why }) => [name, why]), [[
    "web-1",
    "trust",
  ]]);
  const renewed = await cluster.authority.renew(identityIn(joined), {
    csr,
    labels: null,
  });
  equal(renewed.caPins.length, 2);
  deepEqual(await left(), []);
  await issueByNext(directory);
  const stranded = await left();
  deepEqual(stranded.map(({ why }) => why), ["certificate"]);
  await rejects(async () => refuseStranding(await left()), {
    code: "CONFLICT",
    message: /node "web-1"/,
  });
  await cluster.authority.renew(identityIn(renewed), { csr, labels: null });
  deepEqual(await left(), []);
  refuseStranding(await left());
  await endRotation(directory);
  equal((await cluster.authority.ca()).caPins.length, 1);
});
