import { deepEqual, equal, match } from "node:assert/strict";
import { WorkerError } from "../../../lib/api/errors.ts";
import { readJsonLines } from "../../../lib/client/lines.ts";
import { authRelay } from "../../../lib/daemon/cluster/auth_relay.ts";
import { MemberDirectory } from "../../../lib/cluster/mod.ts";
import type {
  AuthServices,
  ClusterServices,
} from "../../../lib/http/cluster_services.ts";
import { relayToAuth } from "../../../lib/http/forwarding/relay_to_auth.ts";
import { PeerLinks } from "../../../lib/tunnel/mod.ts";
import { proxy as proxyStatus } from "../../cluster/statuses.ts";
import { ApiClient } from "../../helpers/api_client.ts";
import { ClusterHost, memberCredentials } from "../../helpers/node_cluster.ts";
import { freePort } from "../../helpers/free_port.ts";

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
  const directory = new MemberDirectory();
  let open = true;
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
    () => ({
      cluster: {
        directory,
        auth: () => {
          if (open) return auth;
          throw new WorkerError("UNAVAILABLE", "the store is not open yet");
        },
      },
    }),
  );
  const close = () => open = false;
  return { host, asked, directory, close, address: await host.listen() };
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
  return { host, directory, address: await host.listen() };
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
  const told = await root.get("/v1/tokens");
  equal(told.status, 403);
  match(
    told.json.detail,
    /^"root" asks through the proxy "proxy-1", whose word is not enough/,
  );
  using itself = await clientAs("root", auth.address, { roles: ["admin"] });
  deepEqual((await itself.get("/v1/tokens")).json, []);
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

/** Names of the proxies that a watch begins with, and the first that is told later. */
async function watched(client: ApiClient, change: () => void) {
  const controller = new AbortController();
  const { signal } = controller;
  const response = await client.open("/v1/proxies?watch=true", { signal });
  equal(response.status, 200);
  const names: string[] = [];
  const lines = readJsonLines<{ type: string; name: string }>(
    response.body as ReadableStream<Uint8Array<ArrayBuffer>>,
    { signal },
  );
  for await (const { type, name } of lines) {
    if (type === "synced") change();
    else if (names.push(name) === 2) break;
  }
  controller.abort();
  return names;
}

Deno.test("what a proxy watches comes from auth, though it asks another proxy", async () => {
  const auth = await startAuth();
  await using _auth = auth.host;
  const proxy = await startProxy(() => [auth.address]);
  await using _proxy = proxy.host;
  auth.directory.setProxy(proxyStatus("known-to-auth"));
  proxy.directory.setProxy(proxyStatus("known-to-proxy"));
  using other = await clientAs("proxy-2", proxy.address, { kind: "proxy" });
  deepEqual(
    await watched(other, () => auth.directory.setProxy(proxyStatus("later"))),
    ["known-to-auth", "later"],
  );
  // Users are told what the proxy goes by itself.
  using alice = await clientAs("alice", proxy.address);
  deepEqual(
    await watched(alice, () => proxy.directory.setProxy(proxyStatus("new"))),
    ["known-to-proxy", "new"],
  );
});

Deno.test("nobody but an auth that has read who there is answers what a proxy watches", async () => {
  const auth = await startAuth();
  await using _auth = auth.host;
  const proxy = await startProxy(() => [auth.address]);
  await using _proxy = proxy.host;
  const round = await startProxy(() => [proxy.address]);
  await using _round = round.host;
  auth.close();
  for (
    const [{ address }, message] of [
      [auth, /the store is not open yet/],
      [proxy, /the store is not open yet/],
      [round, /"proxy-1" took this server for auth/],
    ] as const
  ) {
    using client = await clientAs("proxy-2", address, { kind: "proxy" });
    for (const kind of ["nodes", "proxies"]) {
      const answer = await client.get(`/v1/${kind}?watch=true`);
      equal(answer.json.code, "UNAVAILABLE");
      match(answer.json.detail, message);
    }
    equal((await client.get("/v1/proxies")).status, 200);
  }
});
