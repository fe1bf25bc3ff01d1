import type { Identity } from "../../certs/identity.ts";
import { TUNNEL_PROTOCOL } from "../api/tunnel_protocol.ts";
import { type DialledPeer, type DialOptions, dialPeer } from "./dial_peer.ts";

export type { TunnelCredentials } from "./dial_peer.ts";

/** How {@linkcode dialProxy} connects. */
export type DialProxyOptions = DialOptions;

/** A connection to a proxy whose handshake is done, with nothing sent on it. */
export type DialledProxy = DialledPeer;

/**
 * Connects to a proxy at `host:port` for a tunnel. The certificate says which proxy it is: behind a
 * balancer nobody knows in advance.
 *
 * @throws the signal's reason, or an error that says what was dialled and why it failed.
 */
export function dialProxy(
  address: string,
  options: DialProxyOptions,
): Promise<DialledProxy> {
  return dialPeer(address, {
    ...options,
    protocol: TUNNEL_PROTOCOL,
    action: "open a tunnel to",
    unspoken: "it offers no tunnels",
    expect: expectProxy,
  });
}

function expectProxy({ name, kind }: Identity): void {
  if (kind === "proxy" || kind === "auth") return;
  throw new Error(
    `the certificate of "${name}" is that of a ${
      kind ?? "stranger"
    }, not of a proxy`,
  );
}
