import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { setConnection } from "../connection.ts";
import { dispatch, type DispatchOptions } from "../listener/dispatch.ts";
import type { PeerJudge } from "./passed_certificates.ts";
import { type ServedTunnel, TunnelConnection } from "./tunnel_connection.ts";

/** How requests that come through tunnels are answered. */
export interface ServeTunnelOptions {
  /** Asked at each request whether the proxy's certificate is still good. */
  judge: Pick<PeerJudge, "recheck">;
  /** Told what the handler threw. */
  onError?: DispatchOptions["onError"];
}

/** Header section of a request; as much as a listener takes, and a certificate. */
const MAX_HEADER_BYTES = 48 * 1024;

/**
 * Answers what comes through tunnels as what comes to a listener: to be given to an `AgentTunnel` as
 * its `handler`.
 */
export function serveTunnel(
  handler: DispatchOptions["handler"],
  { judge, onError = () => {} }: ServeTunnelOptions,
): (exchange: {
  incoming: Http2ServerRequest;
  outgoing: Http2ServerResponse;
  tunnel: ServedTunnel;
}) => Promise<void> {
  const connections = new WeakMap<ServedTunnel, TunnelConnection>();
  return async ({ incoming, outgoing, tunnel }) => {
    let connection = connections.get(tunnel);
    if (!connection) {
      connection = new TunnelConnection(tunnel, judge);
      connections.set(tunnel, connection);
    }
    setConnection(incoming, connection);
    await dispatch({ connection, incoming, outgoing }, {
      handler,
      maxHeaderBytes: MAX_HEADER_BYTES,
      onError,
    });
  };
}
