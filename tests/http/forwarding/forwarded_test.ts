import { deepEqual, equal, match, ok } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { CertificateAuthority } from "../../../certs/authority.ts";
import { encodeClientCert } from "../../../lib/http/forwarding/client_cert.ts";
import { ApiClient } from "../../helpers/api_client.ts";
import {
  type ClusterHost,
  memberCredentials,
  NodeCluster,
} from "../../helpers/node_cluster.ts";
import { tunnelCredentials } from "../../helpers/tunnels.ts";

const CLIENT = 'for="203.0.113.7:4711";proto=https';

/** A certificate (PEM) as a value of `Client-Cert`. */
function passed(pem: string): string {
  return encodeClientCert(new Uint8Array(new X509Certificate(pem).raw));
}

/** Asks a node directly, with the certificate of a proxy or of somebody else. */
async function clientOf(
  host: ClusterHost,
  { shown, kind = "proxy" }: {
    kind?: "proxy" | "node" | "auth";
    /** @default a good one of the cluster */
    shown?: { cert: string; key: string };
  } = {},
) {
  const { ca, ...good } = await memberCredentials("proxy-1", { kind });
  const pair = shown ?? good;
  const { port } = host.listener!.addresses[0]!;
  const origin = `https://localhost:${port}`;
  return new ApiClient({ origin, ca, pair, protocol: "h2" });
}

Deno.test("a user who sends Client-Cert is refused, whatever it is, and that is recorded", async () => {
  await using cluster = await NodeCluster.start();
  await using _node = await cluster.node("web-1");
  const alice = await cluster.as("alice");
  const root = await memberCredentials("root", {
    kind: "user",
    roles: ["admin"],
  });
  for (
    const path of ["/v1/jobs", "/v1/nodes/web-1/jobs", "/healthz", "/nothing"]
  ) {
    for (const value of [passed(root.cert), ":aGVsbG8=:", "garbage"]) {
      const { status, json } = await alice.get(path, { "client-cert": value });
      deepEqual([status, json.code], [403, "PERMISSION_DENIED"], path);
      match(
        json.detail,
        /"Client-Cert" is taken from proxies only: "alice" is a user/,
      );
    }
  }
  const { actor, result, status, message } = (await cluster.proxy.audited())
    .at(-1)!;
  deepEqual([result, status], ["refused", 403]);
  equal(actor?.name, "alice");
  match(message ?? "", /Client-Cert/);
  // An address that a user claims means nothing.
  await alice.ask("/v1/jobs", {
    method: "POST",
    headers: { forwarded: CLIENT },
    body: '{"command":"true"}',
  });
  const started = (await cluster.proxy.audited()).at(-1)!;
  equal(started.action, "job.start");
  match(started.from ?? "", /^127\.0\.0\.1:\d+$/);
});

Deno.test("a node takes a certificate from a proxy, with the address of its client", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.direct("web-1");
  using proxy = await clientOf(node);
  const alice = await memberCredentials("alice", { kind: "user" });
  const { status } = await proxy.ask("/v1/jobs", {
    method: "POST",
    headers: { "client-cert": passed(alice.cert), forwarded: CLIENT },
    body: '{"command":"true"}',
  });
  equal(status, 201);
  const [event] = await node.audited();
  equal(event!.actor?.name, "alice");
  equal(event!.from, "203.0.113.7:4711 via proxy-1");
  const odd = await proxy.get("/v1/jobs", {
    "client-cert": passed(alice.cert),
    forwarded: "for=evil;by=evil",
  });
  equal(odd.status, 200);
});

Deno.test("a node takes no certificate from a proxy whose own is not good, and says why", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.direct("web-1");
  const authority = await CertificateAuthority.create({ cluster: "test" });
  using proxy = await clientOf(node, {
    shown: await tunnelCredentials("proxy-1", { kind: "proxy", authority }),
  });
  const alice = await memberCredentials("alice", { kind: "user" });
  const { status, json } = await proxy.get("/v1/jobs", {
    "client-cert": passed(alice.cert),
  });
  equal(status, 403);
  match(json.detail, /"Client-Cert" is taken from proxies only: .*authority/);
});

Deno.test("a node verifies what a proxy passes on, and refuses what is not good", async (t) => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.direct("web-1");
  using proxy = await clientOf(node);
  const ask = (certificate: string) =>
    proxy.get("/v1/jobs", { "client-cert": certificate });
  const refused = async (
    certificate: string,
    [status, said]: readonly [number, RegExp],
  ) => {
    const answer = await ask(certificate);
    equal(answer.status, status, answer.text);
    match(answer.json.detail, said);
  };
  await t.step("of another authority", async () => {
    const authority = await CertificateAuthority.create({ cluster: "test" });
    const foreign = await tunnelCredentials("root", {
      kind: "user",
      authority,
    });
    await refused(passed(foreign.cert), [
      401,
      /authority.*the proxy "proxy-1" passed it on/,
    ]);
  });
  await t.step("expired", async () => {
    const old = await tunnelCredentials("alice", {
      kind: "user",
      ttl: 3_600_000,
      now: () => Date.now() - 7_200_000,
    });
    await refused(passed(old.cert), [401, /expired/]);
  });
  await t.step("of a node, or of a proxy", async () => {
    for (const kind of ["node", "proxy"] as const) {
      const { cert } = await memberCredentials("host-9", { kind });
      await refused(passed(cert), [
        403,
        new RegExp(`"host-9" belongs to a ${kind}`),
      ]);
    }
  });
  await t.step("none", async () => {
    for (const value of ["", ":", "::", ":aGVsbG8=:", ":####:", "aGVsbG8="]) {
      ok([400, 401].includes((await ask(value)).status), value);
    }
    const { cert } = await memberCredentials("alice", { kind: "user" });
    const twice = `${passed(cert)}, ${passed(cert)}`;
    await refused(twice, [400, /is not one certificate/]);
    await refused(`${passed(cert)};a=1`, [400, /is not one certificate/]);
  });
  await t.step("revoked, also when it was good before", async () => {
    const { cert } = await memberCredentials("bob", { kind: "user" });
    equal((await ask(passed(cert))).status, 200);
    await node.revocations.add([{
      serial: new X509Certificate(cert).serialNumber.toLowerCase(),
      fingerprint: null,
      name: "bob",
      revokedAt: new Date().toISOString(),
      reason: null,
    }]);
    await refused(passed(cert), [401, /revoked/]);
  });
  await t.step("nothing", async () => {
    const own = await proxy.get("/v1/jobs");
    deepEqual([own.status, own.json.code], [403, "PERMISSION_DENIED"]);
    const nobody = await proxy.get("/v1/jobs", { forwarded: CLIENT });
    equal(nobody.status, 401);
    match(nobody.json.detail, /no client certificate was sent to the proxy/);
  });
});

Deno.test("a certificate is not taken from a node, from auth, or from a proxy that was revoked", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.direct("web-1");
  const { cert } = await memberCredentials("root", {
    kind: "user",
    roles: ["admin"],
  });
  const headers = { "client-cert": passed(cert) };
  for (const kind of ["node", "auth"] as const) {
    using other = await clientOf(node, { kind });
    const { status, json } = await other.get("/v1/jobs", headers);
    equal(status, 403);
    match(json.detail, new RegExp(`"proxy-1" is an? ${kind}`));
  }
  const credentials = await memberCredentials("proxy-9", { kind: "proxy" });
  const { ca, ...pair } = credentials;
  const { port } = node.listener!.addresses[0]!;
  using proxy = new ApiClient({
    origin: `https://localhost:${port}`,
    ca,
    pair,
    protocol: "h2",
  });
  equal((await proxy.get("/v1/jobs", headers)).status, 200);
  await node.revocations.add([{
    serial: new X509Certificate(credentials.cert).serialNumber.toLowerCase(),
    fingerprint: null,
    name: "proxy-9",
    revokedAt: new Date().toISOString(),
    reason: null,
  }]);
  equal((await proxy.get("/v1/jobs", headers)).status, 403);
});

Deno.test("what a user may do on a node is up to the node", async () => {
  await using cluster = await NodeCluster.start();
  await using node = await cluster.node("web-1");
  const [alice, bob, root] = [
    await cluster.as("alice"),
    await cluster.as("bob"),
    await cluster.as("root"),
  ];
  const { json: job } = await alice.post("/v1/nodes/web-1/jobs", {
    command: "true",
  });
  const path = `/v1/nodes/web-1/jobs/${job.id}`;
  const refused = await bob.get(path);
  equal(refused.status, 403);
  match(refused.json.detail, /belongs to somebody else/);
  equal((await bob.get("/v1/nodes/web-1/events")).status, 403);
  equal((await root.get(path)).json.owner, "alice");
  // Both have recorded who tried what.
  const last = (await node.audited()).at(-1)!;
  equal(last.result, "refused");
  match(last.from ?? "", /^127\.0\.0\.1:\d+ via proxy-1$/);
  equal((await cluster.proxy.audited()).at(-1)!.result, "refused");

  const nodeUser = await cluster.as("web-7", { kind: "node" });
  const { json } = await nodeUser.get("/v1/nodes/web-1/jobs");
  equal(json.code, "PERMISSION_DENIED");
  match(json.detail, /"web-7" belongs to a node/);
});
