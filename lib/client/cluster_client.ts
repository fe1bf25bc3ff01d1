import type { CaAnswer, CreatedToken, Token } from "../api/cluster.ts";
import type { TokenRequest } from "../api/cluster.ts";
import type {
  MemberChange,
  NodeStatus,
  ProxyStatus,
  TunnelRecord,
} from "../api/presence.ts";
import type { TunnelDiscovery } from "../api/tunnel_status.ts";
import { answerText } from "./answer.ts";
import { type Answer, call, post, send } from "./call.ts";
import { connectionError } from "./connection_error.ts";
import { readJsonLines } from "./lines.ts";
import type { Transport } from "./transport.ts";

/** What of a token request is not left to the server. */
export type TokenWishes =
  & Pick<TokenRequest, "roles">
  & Partial<TokenRequest>;

/**
 * The cluster over HTTP: its members, their tunnels, and how hosts join it. Every method rejects with
 * the server's own `WorkerError` when it refuses, as `PERMISSION_DENIED` for who is no administrator.
 */
export class ClusterClient {
  readonly #transport: Transport;

  /** The transport stays the caller's. */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  nodes(): Promise<Answer<NodeStatus[]>> {
    return call(this.#transport, "/v1/nodes");
  }

  proxies(): Promise<Answer<ProxyStatus[]>> {
    return call(this.#transport, "/v1/proxies");
  }

  /**
   * First every node, then each again when something about it changes, until `signal` or the end of
   * the connection.
   */
  watchNodes(
    options: { signal?: AbortSignal } = {},
  ): AsyncGenerator<MemberChange<NodeStatus>> {
    return watch(this.#transport, "/v1/nodes?watch=true", options);
  }

  /** Revokes a node's certificates: it is no member from now on. */
  removeNode(name: string): Promise<void> {
    return remove(this.#transport, `/v1/nodes/${encodeURIComponent(name)}`);
  }

  /** The same of a proxy. */
  removeProxy(name: string): Promise<void> {
    return remove(this.#transport, `/v1/proxies/${encodeURIComponent(name)}`);
  }

  createToken(wishes: TokenWishes): Promise<Answer<CreatedToken>> {
    return call(this.#transport, "/v1/tokens", post(wishes));
  }

  tokens(): Promise<Answer<Token[]>> {
    return call(this.#transport, "/v1/tokens");
  }

  removeToken(id: string): Promise<void> {
    return remove(this.#transport, `/v1/tokens/${encodeURIComponent(id)}`);
  }

  /** Whom the cluster trusts. */
  ca(): Promise<Answer<CaAnswer>> {
    return call(this.#transport, "/v1/ca");
  }

  /** Tunnels that this proxy holds. */
  tunnels(): Promise<Answer<TunnelRecord[]>> {
    return call(this.#transport, "/v1/tunnels");
  }

  /** How this node looks for its proxies. */
  discovery(): Promise<Answer<TunnelDiscovery>> {
    return call(this.#transport, "/v1/tunnels/discovery");
  }
}

async function remove(transport: Transport, path: string): Promise<void> {
  const response = await send(transport, path, { method: "DELETE" });
  await answerText(response, transport.address);
}

async function* watch<T>(
  transport: Transport,
  path: string,
  options: { signal?: AbortSignal },
): AsyncGenerator<T> {
  const { body } = await send(transport, path, options);
  try {
    yield* readJsonLines<T>(body, options);
  } catch (error) {
    throw connectionError(error, transport.address);
  }
}
