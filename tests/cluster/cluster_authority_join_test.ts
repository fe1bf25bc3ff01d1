import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { parseCertificate, PeerVerifier } from "../../certs/mod.ts";
import { alternativeNames } from "../../certs/_extensions.ts";
import { derOf } from "../certs/workspace.ts";
import {
  csrOf,
  identityIn,
  type JoinCertificate,
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

Deno.test("the store holds no secret of a token", async () => {
  await using cluster = await ScratchCluster.create();
  const token = await cluster.token();
  const { items } = await cluster.store.list("");
  const secret = token.split("-").at(-1)!;
  equal(secret.length, 32);
  ok(!JSON.stringify(items).includes(secret));
});
