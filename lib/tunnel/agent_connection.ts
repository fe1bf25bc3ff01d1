import type { Identity } from "../../certs/identity.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** What is dialled in one attempt. */
export type DialTarget =
  /** Whatever proxy is behind this `host:port`, as it was resolved for this attempt. */
  | { readonly type: "balancer"; readonly address: string }
  /** This proxy, at one of its own addresses, to be tried in their order. */
  | {
    readonly type: "direct";
    readonly proxy: string;
    readonly addresses: readonly string[];
  };

/**
 * A connection to a proxy whose handshake is done: both ends know each other by their certificates
 * and nothing else was sent. Its owner either calls `serve`, once, or closes it.
 */
export interface AgentConnection {
  /** The proxy's id, from its certificate. */
  readonly proxy: string;
  /** Resolves when the connection is gone, with the reason; null when it was closed in good order. */
  readonly closed: Promise<string | null>;
  /**
   * Resolves when the proxy takes no new work on it, and with whether that proxy takes new
   * connections already; may never settle.
   */
  readonly draining: Promise<{ returns: boolean }>;
  /** Lists of proxies as they come; ends with the connection. */
  readonly gossip: AsyncIterable<readonly ProxyInfo[]>;
  /** Begins to serve what comes through the tunnel. */
  serve(): void;
  /** Cuts it, for the reason that `recheck` throws, when the proxy's certificate counts no more. */
  recheck(recheck: (identity: Identity) => void): void;
  /** Has no more requests sent, and ends when those under way are answered: nothing is left then. */
  drain(options?: DrainOptions): Promise<void>;
  /** Ends it; resolves when nothing of it is left. Calling it again is fine. */
  close(): Promise<void>;
}

/** How long what is under way in a connection that drains may take. */
export interface DrainOptions {
  /** What is open then is cut, ms. @default {10_000} */
  deadlineMs?: number;
  /**
   * Above 0 when another connection of this node is about to take the place of this one: requests come
   * until it is there, and so much later answers that follow something end, to go on over it, ms.
   *
   * @default {0}
   */
  lingerMs?: number;
}

/**
 * Connects and shakes hands.
 *
 * @throws the signal's reason when it aborts, else an error that says what was dialled and why it failed.
 */
export type Dial = (
  target: DialTarget,
  options: { signal: AbortSignal },
) => Promise<AgentConnection>;
