import * as z from "zod";
import type { TunnelDiscovery } from "./tunnel_status.ts";

const TrackedProxySchema = z.object({
  id: z.string(),
  group: z.string(),
  generation: z.int(),
  addresses: z.array(z.string()),
  state: z.enum(["claimed", "in_flight", "missing", "dormant", "outdated"]),
  mentionedMsAgo: z.number(),
  direct: z.object({
    reason: z.string(),
    failures: z.int(),
    retryInMs: z.number(),
  }).nullable(),
});

const AgentPoolSchema = z.object({
  proxies: z.array(TrackedProxySchema),
  claimed: z.array(z.string()),
  inFlight: z.int(),
  landings: z.object({ dials: z.int(), proxies: z.array(z.string()) }),
  lastFailure: z.string().nullable(),
  agents: z.array(z.object({
    proxy: z.string(),
    via: z.enum(["direct", "balancer"]),
    state: z.enum(["serving", "draining"]),
  })),
  nextRetryInMs: z.number().nullable(),
});

/** `GET /v1/tunnels/discovery`. */
export const TunnelDiscoverySchema = z.object({
  agents: AgentPoolSchema,
  verdict: z.object({
    kind: z.enum(["connected", "connecting", "unreachable", "sticky_balancer"]),
    message: z.string(),
  }),
  proxies: z.array(z.string()),
}) satisfies z.ZodType<TunnelDiscovery>;
