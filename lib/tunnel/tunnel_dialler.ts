import type { Dial } from "./agent_connection.ts";
import { AgentTunnel, type AgentTunnelOptions } from "./agent_tunnel.ts";
import { dialProxy, type DialProxyOptions } from "./dial_proxy.ts";

/** How {@linkcode tunnelDialler} connects and serves. */
export interface TunnelDiallerOptions
  extends AgentTunnelOptions, Omit<DialProxyOptions, "signal" | "credentials"> {
  /** Asked at each dial, so that a renewed certificate is used at once. */
  credentials(): DialProxyOptions["credentials"];
}

/** Dials proxies with real connections, for an agent pool. */
export function tunnelDialler(options: TunnelDiallerOptions): Dial {
  return async (target, { signal }) => {
    const credentials = options.credentials();
    const dial = async (address: string) =>
      new AgentTunnel(
        await dialProxy(address, { ...options, credentials, signal }),
        options,
      );
    if (target.type === "balancer") return await dial(target.address);
    const errors: unknown[] = [];
    for (const address of target.addresses) {
      try {
        const tunnel = await dial(address);
        if (tunnel.proxy === target.proxy) return tunnel;
        await tunnel.close();
        errors.push(
          new Error(`"${address}" is "${tunnel.proxy}", not "${target.proxy}"`),
        );
      } catch (error) {
        signal.throwIfAborted();
        errors.push(error);
      }
    }
    throw new Error(
      `proxy "${target.proxy}": ${
        errors.map((error) => (error as Error).message).join("; ") ||
        "it has no address"
      }`,
      { cause: errors },
    );
  };
}
