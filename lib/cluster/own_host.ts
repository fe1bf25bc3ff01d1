import { alternativeNames } from "../../certs/_extensions.ts";
import { isSignedBy } from "../../certs/_signature.ts";
import { namesAsIssuer, readAuthorities } from "../../certs/authorities.ts";
import {
  certificatePin,
  certificatesOfPem,
  fingerprintOf,
  parseCertificate,
  pinOf,
} from "../../certs/mod.ts";
import { type Labels, MEMBER_KINDS, type MemberKind } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import type { Clock } from "../clock.ts";
import type { MemberRecord, Members } from "./members.ts";
import { pinsOf } from "./member_issuer.ts";

/** The authority's own host. */
export interface OwnHost {
  name: string;
  roles: readonly MemberKind[];
  labels: Labels;
  /** PEM: the certificate that it shows. */
  certificate: string;
  /** PEM: whom it trusts. */
  ca: string;
}

/**
 * Writes the authority's own host down as what it is, without a token: it may claim any label. What
 * it was before and is no more is forgotten.
 *
 * @throws {WorkerError} `CONFLICT` when another host with its name can come in
 */
export async function registerOwnHost(
  members: Members,
  { host, clock }: { host: OwnHost; clock: Clock },
): Promise<void> {
  const { name, roles, labels } = host;
  const [der] = certificatesOfPem(host.certificate, "the server's certificate");
  const certificate = parseCertificate(der!);
  const { publicKey, serial, notAfter } = certificate;
  const issuer = readAuthorities(host.ca).find((authority) =>
    namesAsIssuer(certificate, authority) &&
    isSignedBy(certificate, authority.publicKey)
  );
  const fingerprint = fingerprintOf(der!);
  const key = pinOf(publicKey);
  const hosts = alternativeNames(certificate).flatMap(({ type, value }) =>
    type === "DNS" || type === "IP" ? [value] : []
  );
  const now = clock.now();
  const id = await members.idOf(name, key);
  for (const kind of MEMBER_KINDS) {
    const before = await members.get({ kind, name });
    if (!roles.includes(kind)) {
      if (before?.own) await members.remove({ kind, name });
      continue;
    }
    await members.update({ kind, name }, (member) => {
      if (member && !member.own) refuseOther(member, now);
      const own = member?.own && !member.revoked ? member : null;
      const others = own?.certificates.filter((each) =>
        each.fingerprint !== fingerprint
      ) ?? [];
      return {
        id,
        own: true,
        kind,
        name,
        labels: { ...labels },
        // What it is certified for no other member may be called.
        allowed: { labels: ["*"], hosts },
        key,
        certificates: [
          ...others,
          {
            ...{ serial, fingerprint, notAfter },
            issuer: issuer ? certificatePin(issuer.certificate) : "",
          },
        ],
        trusts: pinsOf(host.ca),
        joinedAt: own?.joinedAt ?? now,
        renewedAt: now,
        revoked: null,
      };
    });
  }
}

function refuseOther(
  { kind, name, revoked, certificates }: MemberRecord,
  now: number,
): void {
  if (revoked || !certificates.some(({ notAfter }) => notAfter > now)) return;
  throw new WorkerError(
    "CONFLICT",
    `another host is the ${kind} "${name}" already: give this server another name, or revoke that one`,
  );
}
