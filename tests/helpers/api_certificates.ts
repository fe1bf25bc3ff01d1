/** Certificates for tests of the API, from the project's own authority; made once in a process. */
import { CertificateAuthority } from "../../certs/authority.ts";
import { hostAlternativeName } from "../../certs/alternative_name.ts";
import type { IssueRequest } from "../../certs/issue_request.ts";
import type { PemPair } from "./tls.ts";

const DAY = 86_400_000;

/** Who may ask. */
export type Caller =
  | "admin"
  | "alice"
  | "bob"
  | "node"
  | "foreign"
  | "short"
  | "nobody";

export interface ApiCertificates {
  ca: string;
  server: PemPair;
  /** `nobody` shows none; `foreign` is an admin of another authority; `short` lives for an hour. */
  clients: Record<Exclude<Caller, "nobody">, PemPair>;
}

let made: Promise<ApiCertificates> | undefined;

export function apiCertificates(): Promise<ApiCertificates> {
  return made ??= make();
}

async function make(): Promise<ApiCertificates> {
  const [own, other] = await Promise.all([
    CertificateAuthority.create({ cluster: "test" }),
    CertificateAuthority.create({ cluster: "test" }),
  ]);
  const issue = async (
    name: string,
    request: Partial<IssueRequest> = {},
    authority = own,
  ) => {
    const { certificatePem, keyPem } = await authority.issue({
      name,
      ttl: DAY,
      ...request,
    });
    return { cert: certificatePem, key: keyPem };
  };
  return {
    ca: own.certificatePem,
    server: await issue("server", {
      kind: "node",
      usages: ["server"],
      sans: ["localhost", "127.0.0.1"].map(hostAlternativeName),
    }),
    clients: {
      admin: await issue("root", { roles: ["admin"] }),
      alice: await issue("alice"),
      bob: await issue("bob", { roles: ["dev"] }),
      node: await issue("host-2", { kind: "node", roles: ["admin"] }),
      foreign: await issue("root", { roles: ["admin"] }, other),
      short: await issue("short", { ttl: 3_600_000 }),
    },
  };
}
