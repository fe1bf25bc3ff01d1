/** What a host can be in a cluster. */
export const MEMBER_KINDS = ["node", "proxy", "auth"] as const;

export type MemberKind = (typeof MEMBER_KINDS)[number];

/** What a host can join as: there is one authority, and it is there already. */
export const JOINING_KINDS = ["node", "proxy"] as const satisfies MemberKind[];

/** What somebody says of a member, e.g. `{ env: "prod" }`. */
export type Labels = Readonly<Record<string, string>>;

/** A token to be made: `POST /v1/tokens`. */
export interface TokenRequest {
  /** What may join with it: one certificate each. */
  roles: MemberKind[];
  /** Labels that may be claimed, as `env=prod`, `env=*` or `*`. @default {["*"]} */
  labels: string[];
  /** Host names and addresses that may be certified, as `c.example` or `*.example`. @default {[]} */
  hosts: string[];
  /** How long it may be used, a duration. @default {"30m"} */
  ttl: string;
  /** How many hosts may join with it. @default {1} */
  uses: number;
}

/** A token without its secret, which nobody can read again. */
export interface Token extends Omit<TokenRequest, "ttl"> {
  /** The part of the token that is no secret. */
  id: string;
  createdBy: string;
  /** RFC 3339, UTC. */
  createdAt: string;
  /** RFC 3339, UTC. */
  expiresAt: string;
  state: "usable" | "used" | "expired";
  /** Who joined with it, and when: RFC 3339, UTC. */
  usedBy: { name: string; at: string }[];
}

/** A token that was just made. */
export interface CreatedToken extends Token {
  /** The secret, told once. */
  token: string;
  /** By which a host that joins knows the authority: each is good. */
  caPins: string[];
}

/** A host that wants to join, or to come back: `POST /v1/join`. */
export interface JoinRequest {
  /** Of the first time; null to come back. */
  token: string | null;
  /** PEM: the certificate it had, to come back with its key; null the first time. */
  certificate: string | null;
  name: string;
  /** What it wants to be of what the token allows; null: all of it. */
  roles: MemberKind[] | null;
  labels: Labels;
  /** PEM, PKCS #10. Of what it asks for, host names and addresses count, as far as the token allows. */
  csr: string;
}

/** A member that wants its certificate renewed: `POST /v1/renew`. */
export interface RenewRequest {
  /** PEM, PKCS #10; it may be of a new key. */
  csr: string;
  /** @default those it has */
  labels: Labels | null;
}

/** A certificate that a member was given. */
export interface MemberCertificate {
  kind: MemberKind;
  /** PEM. */
  certificate: string;
  /** RFC 3339, UTC. */
  notAfter: string;
  /** When to have it renewed: half of its life. RFC 3339, UTC. */
  renewAt: string;
  /** Host names and addresses that it is good for. */
  hosts: string[];
}

/** What a member gets: its certificates, one for each role, and whom to trust. */
export interface JoinAnswer extends CaAnswer {
  certificates: MemberCertificate[];
}

/** Whom a cluster trusts: `GET /v1/ca`. */
export interface CaAnswer {
  cluster: string;
  /** PEM: one certificate, or two while the authority is replaced. */
  ca: string;
  /** Pins of those, in their order. */
  caPins: string[];
}
