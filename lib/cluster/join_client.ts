import {
  CertificateError,
  certificatePin,
  certificatesOfPem,
  formatPem,
  parseCertificate,
  PeerVerifier,
  readPin,
} from "../../certs/mod.ts";
import type { CaAnswer, JoinAnswer, JoinRequest } from "../api/cluster.ts";
import { CaAnswerSchema, JoinAnswerSchema } from "../api/cluster_schema.ts";
import { WorkerError } from "../api/errors.ts";
import {
  exchange,
  type JoinResponse,
  openJoinConnection,
} from "./join_connection.ts";

const JOIN_WITHIN_MS = 30_000;

/** How to reach a cluster that one does not belong to yet. */
export interface JoinClusterOptions {
  /** Pins of its authority, `sha256:…`; one that fits is enough. */
  caPins: readonly string[];
  /** Gives up. */
  signal?: AbortSignal;
  /** Milliseconds for all of it. @default {30_000} */
  within?: number;
}

/**
 * Joins a cluster through any of its proxies or auth servers, of which nothing is known but the pin
 * of the authority.
 *
 * 1. A connection that is not verified asks for the authorities; nothing that is secret goes over
 *    it. One of them has to have the pin, and to have signed the certificate of that server.
 * 2. A second one is verified by that authority as any other is, and by this project's own code.
 *    Only then the token is sent.
 *
 * @param address `host:port`
 * @throws {WorkerError} `UNAUTHENTICATED` for another authority, and what the server answered.
 */
export async function joinCluster(
  address: string,
  request: JoinRequest,
  options: JoinClusterOptions,
): Promise<JoinAnswer> {
  const pins = options.caPins.map(readPin);
  const { hostname, port } = addressOf(address);
  const signal = AbortSignal.any([
    AbortSignal.timeout(options.within ?? JOIN_WITHIN_MS),
    ...options.signal ? [options.signal] : [],
  ]);
  const to = { host: hostname, port, signal };

  const first = await openJoinConnection({ ...to, ca: null });
  const answer = await exchange(first.socket, {
    method: "GET",
    path: "/v1/ca",
    host: address,
  });
  const { ca } = read<CaAnswer>(answer, { address, schema: CaAnswerSchema });
  const pinned = pinnedAuthority(ca, { pins, address });
  verify(first.certificate, { pinned, address });

  const second = await openJoinConnection({ ...to, ca: pinned });
  try {
    verify(second.certificate, { pinned, address });
  } catch (error) {
    second.socket.destroy();
    throw error;
  }
  const joined = await exchange(second.socket, {
    method: "POST",
    path: "/v1/join",
    host: address,
    body: JSON.stringify(request),
  });
  return read<JoinAnswer>(joined, { address, schema: JoinAnswerSchema });
}

function pinnedAuthority(
  bundle: string,
  { pins, address }: { pins: readonly string[]; address: string },
): string {
  const authorities = certificatesOfPem(bundle, "the CA bundle").map((der) => ({
    der,
    pin: certificatePin(parseCertificate(der)),
  }));
  const found = authorities.filter(({ pin }) => pins.includes(pin));
  if (found.length > 0) {
    return found.map(({ der }) => formatPem("CERTIFICATE", der)).join("");
  }
  throw new WorkerError(
    "UNAUTHENTICATED",
    `the authority of "${address}" has the pin "${
      authorities.map(({ pin }) => pin).join('" and "')
    }", not "${
      pins.join('" or "')
    }": somebody may be in between, or the pin is of another cluster; no token was sent`,
  );
}

/** Not left to the TLS engine, which may trust public authorities besides. */
function verify(
  certificate: Uint8Array,
  { pinned, address }: { pinned: string; address: string },
): void {
  try {
    new PeerVerifier({
      caBundle: pinned,
      revocations: { has: () => false },
    }).verify(certificate, "server");
  } catch (cause) {
    if (!(cause instanceof CertificateError)) throw cause;
    throw new WorkerError(
      "UNAUTHENTICATED",
      `"${address}" is not a server of the authority with that pin: ${cause.message}; no token was sent`,
      { cause },
    );
  }
}

function read<T>(
  { status, body }: JoinResponse,
  { address, schema }: {
    address: string;
    schema: { parse(value: unknown): T };
  },
): T {
  let json: unknown;
  try {
    json = JSON.parse(body);
    if (status === 200) return schema.parse(json);
  } catch (cause) {
    throw new WorkerError(
      "UNAVAILABLE",
      `"${address}" did not answer as a server of a cluster does (status ${status}): is that the address of a proxy or auth server?`,
      { cause },
    );
  }
  throw WorkerError.fromProblem(json);
}

function addressOf(address: string): { hostname: string; port: number } {
  const url = URL.canParse(`https://${address}`)
    ? new URL(`https://${address}`)
    : null;
  if (!url || url.host === "" || /[/?#@]/.test(address)) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `"${address}" is not an address: write for example "a.example:7443"`,
    );
  }
  return {
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 443),
  };
}
