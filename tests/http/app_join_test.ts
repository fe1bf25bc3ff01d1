import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { CertificateAuthority, certificatePin } from "../../certs/mod.ts";
import { joinCluster } from "../../lib/cluster/mod.ts";
import { csrOf, newKey } from "../cluster/scratch_cluster.ts";
import { ServedCluster } from "./served_cluster.ts";

const ADMIN = { name: "root", roles: ["admin"] };

function request(token: string, csr: string, more = {}) {
  return {
    ...{ token, certificate: null, name: "web-1", roles: null, labels: {} },
    csr,
    ...more,
  };
}

Deno.test("a host joins with a token of an administrator, and renews over what it got", async () => {
  await using served = await ServedCluster.start();
  const admin = await served.as(ADMIN);
  const created = await admin.post("/v1/tokens", { roles: ["node"] });
  equal(created.status, 201, created.text);
  equal(created.headers.get("cache-control"), "no-store");
  const { token, caPins, id } = created.json;
  const key = await newKey();
  const joined = await joinCluster(
    served.address,
    request(token, await csrOf(key)),
    { caPins },
  );
  const cert = joined.certificates[0]!.certificate;
  const node = served.with({ cert, key });
  const renewed = await node.post("/v1/renew", { csr: await csrOf(key) });
  equal(renewed.status, 200, renewed.text);
  equal((await node.get("/v1/tokens")).status, 403);

  const tokens = (await admin.get("/v1/tokens")).json;
  deepEqual(
    tokens.map((
      { state, usedBy }: { state: string; usedBy: { name: string }[] },
    ) => [
      state,
      usedBy[0]!.name,
    ]),
    [["used", "web-1"]],
  );
  equal((await admin.delete(`/v1/tokens/${id}`)).status, 204);
  equal((await admin.delete(`/v1/tokens/${id}`)).status, 404);

  deepEqual(
    served.audited.map(({ action, result, actor, detail }) => [
      action,
      result,
      actor?.name,
      detail?.token ?? detail?.name,
    ]),
    [
      ["token.create", "ok", "root", id],
      ["member.join", "ok", undefined, id],
      ["member.renew", "ok", "web-1", undefined],
      ["request", "refused", "web-1", undefined],
      ["token.remove", "ok", "root", id],
      ["token.remove", "failed", "root", id],
    ],
  );
  ok(!JSON.stringify(served.audited).includes(token.split("-")[2]));
});

Deno.test("no token is made for a second authority", async () => {
  await using served = await ServedCluster.start();
  const admin = await served.as(ADMIN);
  const { status, json } = await admin.post("/v1/tokens", { roles: ["auth"] });
  equal(status, 400);
  match(json.detail, /"auth" is not a role to join with/);
  deepEqual((await admin.get("/v1/tokens")).json, []);
});

Deno.test("joinCluster() sends nothing when the pin is another, and says so", async () => {
  await using served = await ServedCluster.start();
  const token = await served.cluster.token();
  const csr = await csrOf(await newKey());
  const { certificatePem } = await CertificateAuthority.create({
    cluster: "x",
  });
  const wrong = certificatePin(certificatePem);
  await rejects(
    joinCluster(served.address, request(token, csr), { caPins: [wrong] }),
    { code: "UNAUTHENTICATED", message: /no token was sent/ },
  );
  deepEqual(served.audited, []);
  equal((await served.cluster.tokens.list())[0]!.state, "usable");
  await rejects(
    joinCluster(served.address, request(token, csr), { caPins: ["sha256:1"] }),
    { message: /"sha256:1"/ },
  );
});

Deno.test("joinCluster() sends nothing to a server that shows the authority and is not of it", async () => {
  await using real = await ServedCluster.start();
  await using fake = await ServedCluster.start();
  // It tells the real authority, as anybody can, but has a certificate of its own one.
  const ca = await real.cluster.authority.ca();
  fake.cluster.authority.ca = () => Promise.resolve(ca);
  await rejects(
    joinCluster(
      fake.address,
      request(await real.cluster.token(), await csrOf(await newKey())),
      { caPins: ca.caPins },
    ),
    { code: "UNAUTHENTICATED", message: /is not a server of the authority/ },
  );
  deepEqual(fake.audited, []);
});

Deno.test("joinCluster() sends nothing to another host of the cluster than the one it was told", async () => {
  await using served = await ServedCluster.start("127.0.0.2");
  const { caPins } = await served.cluster.authority.ca();
  const token = await served.cluster.token();
  await rejects(
    joinCluster(
      `127.0.0.2:${served.port}`,
      request(token, await csrOf(await newKey())),
      { caPins },
    ),
    { code: "UNAUTHENTICATED", message: /certificate of "127.0.0.2/ },
  );
  deepEqual(served.audited, []);
});

Deno.test("joinCluster() passes on what the server refused with", async () => {
  await using served = await ServedCluster.start();
  const { caPins } = await served.cluster.authority.ca();
  const csr = await csrOf(await newKey());
  await rejects(
    joinCluster(served.address, request("worker-00000000-x", csr), { caPins }),
    { code: "UNAUTHENTICATED", message: /not a token/ },
  );
  equal(served.audited[0]?.result, "refused");
});

Deno.test("joinCluster() says that nobody is there, and gives up when aborted", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const caPins = [`sha256:${"0".repeat(64)}`];
  const csr = await csrOf(await newKey());
  const stop = new AbortController();
  const joining = joinCluster(`127.0.0.1:${port}`, request("t", csr), {
    caPins,
    signal: stop.signal,
  });
  const accepted = await silent.accept();
  stop.abort(new Error("enough"));
  await rejects(joining, { message: "enough" });
  accepted.close();
  silent.close();
  await rejects(
    joinCluster(`127.0.0.1:${port}`, request("t", csr), { caPins }),
    { code: "UNAVAILABLE", message: /can't connect/ },
  );
  await rejects(joinCluster("a/b", request("t", csr), { caPins }), {
    code: "INVALID_ARGUMENT",
  });
});

Deno.test("only administrators make, see and end tokens; only members renew", async () => {
  await using served = await ServedCluster.start();
  const nobody = await served.as();
  const alice = await served.as({ name: "alice" });
  const node = await served.as({
    name: "web-1",
    kind: "node",
    roles: ["admin"],
  });
  for (
    const [client, status] of [[nobody, 401], [alice, 403], [
      node,
      403,
    ]] as const
  ) {
    equal((await client.get("/v1/tokens")).status, status);
    const post = await client.post("/v1/tokens", { roles: ["node"] });
    equal(post.status, status);
    equal((await client.delete("/v1/tokens/00000000")).status, status);
  }
  const csr = await csrOf(await newKey());
  equal((await nobody.post("/v1/renew", { csr })).status, 401);
  equal((await alice.post("/v1/renew", { csr })).status, 403);
  const stranger = await node.post("/v1/renew", { csr });
  equal(stranger.status, 403);
  match(stranger.json.detail, /not a member/);
  equal((await served.cluster.tokens.list()).length, 0);
});

Deno.test("GET /v1/ca tells anybody whom the cluster trusts", async () => {
  await using served = await ServedCluster.start();
  const { status, json } = await (await served.as()).get("/v1/ca");
  equal(status, 200);
  deepEqual(json.caPins, [certificatePin(json.ca)]);
  equal(json.cluster, "demo");
});

Deno.test("POST /v1/join refuses what is malformed, too large or too often", async () => {
  await using served = await ServedCluster.start();
  const nobody = await served.as();
  const post = async (body: unknown) => {
    const { status, json } = await nobody.post("/v1/join", body);
    return { status, code: json.code, detail: String(json.detail) };
  };
  const csr = await csrOf(await newKey());
  const name = "web-1";
  equal((await post({ name, csr })).status, 400);
  equal((await post({ name, csr, token: "t", certificate: "c" })).status, 400);
  match((await post({ name: "a/b", csr, token: "t" })).detail, /"a\/b"/);
  equal((await post({ name, csr, token: "t", more: 1 })).status, 400);
  match((await post({ name: "x".repeat(70_000) })).detail, /64 KiB/);
  let last = await post({});
  for (let i = 0; i < 100 && last.status !== 429; i++) last = await post({});
  equal(last.code, "RESOURCE_EXHAUSTED");
  const limited = await nobody.post("/v1/join", {});
  equal(limited.headers.get("retry-after"), "1");
  equal((await nobody.get("/v1/ca")).status, 200);
  served.cluster.clock.pass(1_000);
  equal((await post({})).status, 400);
});
