import {
  certificatesOfPem,
  type Identity,
  PeerVerifier,
} from "../../../certs/mod.ts";
import type {
  JoinAnswer,
  MemberCertificate,
  MemberKind,
} from "../../api/cluster.ts";
import { WorkerError } from "../../api/errors.ts";

/**
 * Of what a member was given, the certificate that it is to show.
 *
 * @throws {WorkerError} `UNAVAILABLE` when it is not there, or is not what was asked for.
 */
export function givenCertificate(
  { ca, certificates }: JoinAnswer,
  { kind, name, now }: { kind: MemberKind; name: string; now: () => number },
): MemberCertificate {
  const given = certificates.find((each) => each.kind === kind);
  if (!given) {
    throw unusable(`there is no certificate of a ${kind} among them`);
  }
  const identity = verified(given.certificate, { ca, now });
  if (identity.kind === kind && identity.name === name) return given;
  throw unusable(
    `it is of the ${identity.kind} "${identity.name}", not of the ${kind} "${name}"`,
  );
}

function verified(
  certificate: string,
  { ca, now }: { ca: string; now: () => number },
): Identity {
  try {
    const [der] = certificatesOfPem(certificate, "the certificate");
    const verifier = new PeerVerifier({
      caBundle: ca,
      revocations: { has: () => false },
      now,
    });
    verifier.verify(der!, "client");
    return verifier.verify(der!, "server");
  } catch (cause) {
    throw unusable((cause as Error).message, { cause });
  }
}

function unusable(why: string, options?: ErrorOptions): WorkerError {
  return new WorkerError(
    "UNAVAILABLE",
    `the certificate that this host was given can't be used: ${why}`,
    options,
  );
}
