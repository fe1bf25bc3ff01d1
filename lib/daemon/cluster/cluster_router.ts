import type { Identity } from "../../../certs/identity.ts";
import { WorkerError } from "../../api/errors.ts";
import type { NodeStatus } from "../../api/presence.ts";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import type { MemberDirectory } from "../../cluster/mod.ts";
import type {
  NodeRoute,
  NodeRouter,
  PassedRequest,
} from "../../http/forwarding/node_router.ts";
import {
  type PeerLinks,
  RETURN_WITHIN_MS,
  type TunnelRegistry,
} from "../../tunnel/mod.ts";

/** What a {@linkcode ClusterRouter} knows the ways from. */
export interface ClusterRouterParts {
  /** Name of this very server in its cluster. */
  self: string;
  /** The node that this very server is; null when it is none. */
  local: string | null;
  directory: Pick<MemberDirectory, "findNode" | "whenKnown">;
  /** The tunnels that nodes have dialled; null for a server that is no proxy. */
  tunnels: Pick<TunnelRegistry, "get" | "await" | "lastOf"> | null;
  links: Pick<PeerLinks, "connect">;
  /** When it began to take tunnels, by the monotonic time. @default long ago */
  since?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/** Nodes dial so soon when their tunnel has ended, or a server has begun to take tunnels, ms. */
const JUST_NOW_MS = 10_000;

/**
 * Finds the way to a node: this server itself, else the tunnel that the node has dialled, else one
 * of the node's own addresses. A node with a tunnel is reached even when the directory, which may be
 * cut off from auth, does not know it yet.
 */
export class ClusterRouter implements NodeRouter {
  readonly #parts: ClusterRouterParts;

  constructor(parts: ClusterRouterParts) {
    this.#parts = parts;
  }

  async route(
    selector: string,
    { signal }: { signal: AbortSignal },
  ): Promise<NodeRoute> {
    const { local } = this.#parts;
    if (selector === local) return { type: "local" };
    await this.#parts.directory.whenKnown();
    const node = this.#find(selector);
    const name = node?.name ?? selector;
    if (name === local) return { type: "local" };
    const direct = node !== undefined && node.addresses.length > 0;
    const wait = !direct && node?.state !== "offline";
    const tunnel = await this.#tunnel(name, { wait, signal });
    if (tunnel) {
      return {
        type: "peer",
        node: name,
        request: (request) => tunnel.request(request),
      };
    }
    if (direct) {
      return {
        type: "peer",
        node: name,
        request: (request) => this.#direct(node, request),
      };
    }
    throw new WorkerError(
      "UNAVAILABLE",
      `node "${name}" can't be reached: ${this.#why(name, node)}`,
    );
  }

  async #tunnel(
    name: string,
    { wait, signal }: { wait: boolean; signal: AbortSignal },
  ) {
    const { tunnels } = this.#parts;
    const tunnel = tunnels?.get(name);
    if (tunnel?.usable) return tunnel;
    if (!wait || !(tunnel || this.#mayDial(name))) return undefined;
    return await tunnels?.await(name, { withinMs: RETURN_WITHIN_MS, signal });
  }

  /** Whether a node without a tunnel is to be expected any moment. */
  #mayDial(name: string): boolean {
    const { tunnels, since, clock = SYSTEM_CLOCK } = this.#parts;
    const last = tunnels?.lastOf(name);
    if (last) return clock.now() - last.endedAt < JUST_NOW_MS;
    return since !== undefined && clock.monotonic() - since < JUST_NOW_MS;
  }

  /** Undefined when only its tunnel is known. @throws {WorkerError} `NOT_FOUND`, `CONFLICT` */
  #find(selector: string): NodeStatus | undefined {
    try {
      return this.#parts.directory.findNode(selector);
    } catch (error) {
      const unknown = error instanceof WorkerError &&
        error.code === "NOT_FOUND";
      if (unknown && this.#parts.tunnels?.get(selector)) return undefined;
      throw error;
    }
  }

  async #direct(node: NodeStatus, request: PassedRequest) {
    const { name, addresses, roles } = node;
    const expect = (identity: Identity) => {
      const { kind } = identity;
      const isIt = identity.name === name && kind !== null && kind !== "user" &&
        roles.includes(kind);
      if (isIt) return;
      throw new Error(
        `who answers there is the ${kind ?? "stranger"} "${identity.name}"`,
      );
    };
    const { signal } = request;
    let link;
    try {
      link = await this.#parts.links.connect(addresses, { expect, signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw new WorkerError(
        "UNAVAILABLE",
        `node "${name}" can't be reached: ${(cause as Error).message}; ${
          heardOf(node)
        }`,
        { cause },
      );
    }
    return await link.request(request);
  }

  #why(name: string, node: NodeStatus | undefined): string {
    const { tunnels, self } = this.#parts;
    const here = this.#tunnelState(name);
    if (!node) return here;
    // What it said last may name this server, to which its tunnel has ended since.
    const elsewhere = node.proxies.filter((each) => each !== self);
    const others = tunnels && node.state === "online" && elsewhere.length > 0
      ? `; it has tunnels to ${
        elsewhere.map((each) => `"${each}"`).join(", ")
      }: ask there`
      : "";
    return `${here}; ${heardOf(node)}${others}`;
  }

  #tunnelState(name: string): string {
    const { tunnels } = this.#parts;
    if (!tunnels) return "it has no address, and this server takes no tunnels";
    if (tunnels.get(name)) return "its tunnel takes nothing new: ask again";
    const last = tunnels.lastOf(name);
    if (!last) return "it has no address, and never had a tunnel to this proxy";
    return `its tunnel to this proxy ended at ${timeOf(last.endedAt)}${
      last.reason === null ? "" : `: ${last.reason}`
    }`;
  }
}

function heardOf({ state, lastSeen }: NodeStatus): string {
  if (lastSeen === null) return "it was not heard of since it joined";
  return state === "online"
    ? `it was heard of at ${lastSeen}`
    : `it is offline since ${lastSeen}`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
