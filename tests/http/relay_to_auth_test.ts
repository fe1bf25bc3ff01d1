import { deepEqual, equal, match } from "node:assert/strict";
import { authRelay } from "../../lib/daemon/cluster/auth_relay.ts";
import { MemberDirectory } from "../../lib/cluster/mod.ts";
import type {
  AuthServices,
  ClusterServices,
} from "../../lib/http/cluster_services.ts";
import { relayToAuth } from "../../lib/http/relay_to_auth.ts";
import { PeerLinks } from "../../lib/tunnel/mod.ts";
import { ApiClient } from "../helpers/api_client.ts";
import { ClusterHost, memberCredentials } from "../helpers/node_cluster.ts";
import { freePort } from "../helpers/free_port.ts";

const HEARTBEAT = {
  roles: ["node"],
  version: "1.2.3",
  instance: "1",
  addresses: [],
  labels: {},
  load: null,
  proxies: [],
  deployment: null,
  trusts: [],
  revocations: null,
};

/** Auth that tells of whom it was asked by. */
async function startAuth() {
  const asked: string[] = [];
  const auth = {
    authority: {
      ca: () => Promise.resolve({ cluster: "test", ca: "PEM", caPins: ["p"] }),
    },
    tokens: { list: () => Promise.resolve([]) },
    presence: {
      accept: ({ name }: { name: string }) => {
        asked.push(name);
        return Promise.resolve({
          intervalMs: 1,
          ca: null,
          revocations: null,
          renew: false,
          servers: [],
        });
      },
    },
  } as unknown as AuthServices;
  const host = await ClusterHost.make(
    "auth-1",
    await memberCredentials("auth-1", { kind: "auth" }),
    () => ({ cluster: { directory: new MemberDirectory(), auth: () => auth } }),
  );
  return { host, asked, address: await host.listen() };
}

/** A proxy without auth that knows these addresses. */
async function startProxy(servers: () => string[]) {
  const credentials = await memberCredentials("proxy-1", { kind: "proxy" });
  const directory = new MemberDirectory();
  const host = await ClusterHost.make("proxy-1", credentials, (own) => {
    const links = own.stack.use(
      new PeerLinks({
        credentials: () => credentials,
        verifier: own.verifier,
      }),
    );
    const cluster: ClusterServices = {
      directory,
      relay: relayToAuth(
        authRelay({ links, directory, servers, own: () => [] }),
      ),
    };
    return { cluster };
  });
  return { host, address: await host.listen() };
}

async function clientAs(name: string, address: string, request = {}) {
  const { ca, ...pair } = await memberCredentials(name, {
    kind: "user",
    ...request,
  });
  return new ApiClient({
    origin: `https://localhost:${address.split(":").at(-1)}`,
    ca,
    pair: name === "nobody" ? undefined : pair,
    protocol: "h2",
  });
}

Deno.test("a proxy passes the calls for auth on, with who asks", async () => {
  const auth = await startAuth();
  await using _auth = auth.host;
  const proxy = await startProxy(() => [auth.address]);
  await using _proxy = proxy.host;
  using nobody = await clientAs("nobody", proxy.address);
  deepEqual((await nobody.get("/v1/ca")).json.caPins, ["p"]);
  // Without a certificate of its own it is not the proxy that asks.
  const refused = await nobody.post("/v1/heartbeats", HEARTBEAT);
  equal(refused.status, 401);
  using web = await clientAs("web-1", proxy.address, { kind: "node" });
  const answer = await web.post("/v1/heartbeats", HEARTBEAT);
  equal(answer.status, 200, answer.text);
  deepEqual(auth.asked, ["web-1"]);
  using alice = await clientAs("alice", proxy.address);
  equal((await alice.get("/v1/tokens")).status, 403);
  using root = await clientAs("root", proxy.address, { roles: ["admin"] });
  deepEqual((await root.get("/v1/tokens")).json, []);
  const large = await root.post("/v1/tokens", `"${"x".repeat(300_000)}"`);
  match(large.json.detail, /larger than 256 KiB/);
});

Deno.test("a proxy says so when auth is away, and passes nothing on twice", async () => {
  const dead = `127.0.0.1:${freePort()}`;
  const away = await startProxy(() => [dead]);
  await using _away = away.host;
  using root = await clientAs("root", away.address, { roles: ["admin"] });
  const { json } = await root.get("/v1/tokens");
  equal(json.code, "UNAVAILABLE");
  match(json.detail, /^auth is not reachable: could not connect to "127/);

  const round = await startProxy(() => [away.address]);
  await using _round = round.host;
  using other = await clientAs("root", round.address, { roles: ["admin"] });
  const answer = await other.get("/v1/tokens");
  equal(answer.status, 503);
  match(answer.json.detail, /"proxy-1" took this server for auth/);
});
