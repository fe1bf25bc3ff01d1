import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import {
  beginRotation,
  endRotation,
  issueByNext,
  readRotation,
} from "../../certs/mod.ts";
import { membersNotMoved, refuseStranding } from "../../lib/cluster/mod.ts";
import {
  csrOf,
  identityIn,
  type JoinCertificate,
  newKey,
  ScratchCluster,
} from "./scratch_cluster.ts";

const DAY = 86_400_000;

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
