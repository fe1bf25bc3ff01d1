import * as z from "zod";

/** Numbers that set timers: a peer can neither spin this process nor switch its watch off. */
const interval = z.number().int().min(20).max(3_600_000);

const proxyInfo = z.object({
  id: z.string().min(1).max(255),
  group: z.string().max(255),
  generation: z.number().int().nonnegative(),
  addresses: z.array(z.string().max(300)).max(32),
  ttlMs: z.number().int().positive(),
});

const drain = z.object({
  type: z.literal("drain"),
  reason: z.string(),
  /** The same one takes tunnels, or dials, again at once: only its program is replaced. */
  returns: z.boolean().default(false),
});

const fromProxy = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    version: z.string(),
    proxy: z.string(),
    pingIntervalMs: interval,
    pingTimeoutMs: interval,
    gossipIntervalMs: interval,
  }),
  z.object({
    type: z.literal("proxies"),
    proxies: z.array(proxyInfo).max(10_000),
  }),
  drain,
]);

const fromNode = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    version: z.string(),
    node: z.string(),
    labels: z.record(z.string().max(255), z.string().max(255)),
  }),
  z.object({
    type: z.literal("stats"),
    /** Requests that are being answered. */
    open: z.number().int().nonnegative(),
    /** Requests since the tunnel began. */
    total: z.number().int().nonnegative(),
  }),
  drain,
]);

/** What a proxy tells a node over the control stream; one a line. */
export type ProxyMessage = z.infer<typeof fromProxy>;

/** What a node tells a proxy; one a line. */
export type NodeMessage = z.infer<typeof fromNode>;

/** The hello of a proxy: who it is, and the intervals that both keep. */
export type ProxyHello = Extract<ProxyMessage, { type: "hello" }>;

/** The hello of a node. */
export type NodeHello = Extract<NodeMessage, { type: "hello" }>;

/** Schemas by who speaks. */
export const CONTROL_SCHEMAS = { proxy: fromProxy, node: fromNode } as const;

/** A message as it is sent. */
export function encodeControl(message: ProxyMessage | NodeMessage): string {
  return JSON.stringify(message) + "\n";
}

/**
 * Refuses a peer whose program is of another major version.
 *
 * @throws {Error} that names both versions.
 */
export function checkVersion(own: string, peer: string): void {
  const [ownMajor] = own.split(".");
  const [peerMajor] = peer.split(".");
  if (ownMajor === peerMajor) return;
  throw new Error(
    `the peer's version ${JSON.stringify(peer.slice(0, 64))} does not go ` +
      `with this one, "${own}": install the same major version on both hosts`,
  );
}
