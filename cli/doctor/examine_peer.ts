import { connect } from "node:tls";
import { X509Certificate } from "node:crypto";
import { describeValidity } from "./examine_files.ts";
import { type Finding, finding } from "./finding.ts";

const PATIENCE_MS = 10_000;

/**
 * How long the certificate that a server shows is good. It is shown to anybody, so this asks before
 * anything that the client's own certificate is needed for. Null when nobody answers: the next check
 * says why.
 */
export async function examinePeer(
  address: string,
  cacert: string,
): Promise<Finding | null> {
  const raw = await peerCertificate(address, cacert);
  if (raw === null) return null;
  const { level, found } = describeValidity(new X509Certificate(raw));
  return finding(level, {
    check: "server certificate",
    found,
    advice: level === "ok" ? null : "look after it on the server's host",
  });
}

function peerCertificate(
  address: string,
  ca: string,
): Promise<Uint8Array | null> {
  const { hostname, port } = new URL(`https://${address}`);
  const host = hostname.replace(/^\[|\]$/g, "");
  const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
  // Whether it is to be trusted is the business of the connection itself.
  const socket = connect({
    host,
    port: Number(port || 443),
    ca,
    rejectUnauthorized: false,
    timeout: PATIENCE_MS,
    ...!/^[\d.]+$|:/.test(host) && { servername: host },
  });
  socket.once("secureConnect", () => {
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    resolve(raw ?? null);
  });
  socket.once("timeout", () => socket.destroy());
  socket.once("error", () => resolve(null));
  socket.once("close", () => resolve(null));
  return promise;
}
