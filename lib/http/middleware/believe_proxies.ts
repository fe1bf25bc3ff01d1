import { createMiddleware } from "hono/factory";
import { WorkerError } from "../../api/errors.ts";
import { mayDo } from "../../access/authorize.ts";
import { CLIENT_CERT } from "../forwarding/client_cert.ts";
import { type Connection, connectionOf, setConnection } from "../connection.ts";
import type { AppEnv } from "../env.ts";
import { FORWARDED, parseForwarded } from "../forwarding/forwarded.ts";
import { ForwardedConnection } from "../forwarding/forwarded_connection.ts";
import {
  PassedCertificates,
  type PeerJudge,
} from "../forwarding/passed_certificates.ts";

/**
 * Takes the word of proxies for who asks them, and of nobody else: their clients' certificates
 * (`Client-Cert`, RFC 9440) are verified here again, their addresses (`Forwarded`, RFC 7239) are
 * recorded. Whoever else sends a certificate is refused; an address of theirs means nothing.
 *
 * @param judge Without one, no proxy is believed.
 */
export function believeProxies(judge: PeerJudge | undefined) {
  const certificates = judge && new PassedCertificates(judge);
  return createMiddleware<AppEnv>(async (c, next) => {
    const { incoming } = c.env;
    const { [CLIENT_CERT]: certificate, [FORWARDED]: forwarded } =
      incoming.headers;
    if (certificate === undefined && forwarded === undefined) {
      return await next();
    }
    const over = connectionOf(incoming);
    const { proxy, description } = peerOf(over);
    if (
      proxy !== null && certificates && typeof (certificate ?? "") === "string"
    ) {
      setConnection(
        incoming,
        new ForwardedConnection({
          ...{ over, certificates },
          proxy,
          client: parseForwarded(forwarded),
          certificate: certificate as string | undefined ?? null,
        }),
      );
    } else if (certificate !== undefined) {
      throw new WorkerError(
        "PERMISSION_DENIED",
        `the header "Client-Cert" is taken from proxies only: ${description}`,
      );
    }
    await next();
  });
}

/** Who is at the other end, by name when it is a proxy, and for messages. */
function peerOf(
  connection: Connection,
): { proxy: string | null; description: string } {
  try {
    const identity = connection.identity();
    const { name, kind } = identity;
    const isProxy = mayDo(identity, "create", "forwarded request");
    return {
      proxy: isProxy ? name : null,
      description: `"${name}" is a ${kind ?? "user"}`,
    };
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    return { proxy: null, description: error.message };
  }
}
