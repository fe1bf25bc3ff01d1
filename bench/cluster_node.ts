import type { CreatedToken } from "../lib/api/cluster.ts";
import type { TunnelDiscovery } from "../lib/api/tunnel_status.ts";
import { freePort } from "../tests/helpers/free_port.ts";
import { startWorker, type Worker } from "../tests/helpers/worker.ts";
import { waitFor } from "../tests/helpers/wait_for.ts";
import { Api } from "./api.ts";

/** What a server of the benchmark must be that others join. */
export const HUB = ["--roles=auth,proxy", "--name=hub"];

/** Makes a token for hosts on this machine. */
export async function createToken(
  hub: Worker,
  { roles, uses = 1 }: { roles: string; uses?: number },
): Promise<CreatedToken> {
  using api = new Api(hub);
  const hosts = ["127.0.0.1", "localhost"];
  return await api.json("/v1/tokens", { roles: roles.split(","), uses, hosts });
}

/** Starts a server that joins the cluster of `hub` and dials it. */
export async function startMember(
  hub: Worker,
  { token, roles, name, listen, args = [] }: {
    token: CreatedToken;
    roles: string;
    name: string;
    listen?: string;
    args?: readonly string[];
  },
): Promise<Worker> {
  const file = `${hub.folder}/token-${token.id}`;
  await Deno.writeTextFile(file, token.token, { mode: 0o600 });
  return await startWorker({
    ...listen !== undefined && { listen },
    args: [
      ...["--log-level=error", `--roles=${roles}`, `--name=${name}`],
      ...[`--join=${file}`, `--proxy=${hub.addr}`],
      ...token.caPins.map((pin) => `--ca-pin=${pin}`),
      ...args,
    ],
  });
}

/** A node behind the proxy `hub`, which reaches it through a tunnel. */
export async function startNode(
  hub: Worker,
  { name = "node-1" } = {},
): Promise<Worker> {
  const token = await createToken(hub, { roles: "node" });
  const node = await startMember(hub, { token, roles: "node", name });
  using api = new Api(hub);
  await reachable(api, name);
  return node;
}

/** A node that listens itself and has no tunnel. */
export async function startDirectNode(
  hub: Worker,
  { name }: { name: string },
): Promise<Worker> {
  const token = await createToken(hub, { roles: "node" });
  return await startListening(hub, { token, roles: "node", name });
}

/** Starts a proxy that nodes are told to connect to. */
export async function startProxy(
  hub: Worker,
  { name }: { name: string },
): Promise<Worker> {
  const token = await createToken(hub, { roles: "proxy" });
  return await startListening(hub, { token, roles: "proxy", name });
}

/** Starts a member at an address that others are told. */
async function startListening(
  hub: Worker,
  member: { token: CreatedToken; roles: string; name: string },
): Promise<Worker> {
  const listen = `127.0.0.1:${freePort()}`;
  return await startMember(hub, {
    ...member,
    ...{ listen, args: [`--public-addr=${listen}`] },
  });
}

/** Waits until a node has a tunnel to a proxy, or has none any more; when that was. */
export async function tunnelTo(
  proxy: string,
  { node, there }: { node: Worker; there: boolean },
): Promise<number> {
  // Only on its own host: where others reach it is what this is about.
  using client = Deno.createHttpClient({
    proxy: { transport: "unix", path: `${node.stateDir}/run/admin.sock` },
  });
  await waitFor(`the tunnel to "${proxy}"`, async () => {
    const url = "http://localhost/v1/tunnels/discovery";
    const response = await fetch(url, { client });
    const { agents } = await response.json() as TunnelDiscovery;
    return agents.claimed.includes(proxy) === there;
  }, { timeout: 90_000, interval: 5 });
  return performance.now();
}

/** Waits until a node answers through a proxy; when that was, as `performance.now()`. */
export async function reachable(
  proxy: Api,
  name: string,
  { interval = 20 } = {},
): Promise<number> {
  await waitFor(`"${name}" to be reached`, async () => {
    try {
      await (await proxy.call(`/v1/nodes/${name}/jobs`)).text();
      return true;
    } catch {
      return false;
    }
  }, { timeout: 60_000, interval });
  return performance.now();
}
