/** A proxy as gossip tells of it. */
export interface ProxyInfo {
  /** Its name in the cluster, as in its certificate. */
  readonly id: string;
  /** The deployment it belongs to; proxies of several groups are all wanted. */
  readonly group: string;
  /** Grows with each deployment of the group; of a group only the highest one known is wanted. */
  readonly generation: number;
  /** Where it can be dialled itself, without a balancer: `host:port`. May be empty. */
  readonly addresses: readonly string[];
  /** Milliseconds for which it is remembered when nobody mentions it again. */
  readonly ttlMs: number;
}
