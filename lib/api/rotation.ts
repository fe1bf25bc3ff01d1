import type { MemberKind } from "./cluster.ts";

/**
 * How far the replacement of a cluster's authority is. `none`: there is one. `announced`: there is a
 * next one, which is trusted and issues nothing yet. `issuing`: it issues, and the old one is trusted
 * still.
 */
export const ROTATION_PHASES = ["none", "announced", "issuing"] as const;

export type RotationPhase = (typeof ROTATION_PHASES)[number];

/** One authority of a cluster. */
export interface AuthorityStatus {
  /** `sha256:` and the SHA-256 of its public key. */
  pin: string;
  /** RFC 3339, UTC. */
  notAfter: string;
}

/** A holder of a certificate whom the next step would cut off. */
export interface Stranded {
  kind: MemberKind;
  name: string;
  /** When it got its latest certificate: RFC 3339, UTC. */
  renewedAt: string;
  /** It does not trust the next authority yet, or has a certificate of the old one still. */
  why: "trust" | "certificate";
}

/** `GET /v1/ca/rotation`. */
export interface RotationStatus {
  phase: RotationPhase;
  /** Who issues certificates now. */
  issuer: AuthorityStatus;
  /** In the phase `announced`; else null. */
  next: AuthorityStatus | null;
  /** In the phase `issuing`; else null. */
  old: AuthorityStatus | null;
  /** Members that have not moved yet. */
  notMoved: Stranded[];
}

/** The next step: `POST /v1/ca/rotation`. */
export interface RotationRequest {
  /** The phase to go to. From `announced` to `none` gives the next authority up. */
  phase: RotationPhase;
  /** Goes there though members would be cut off. @default {false} */
  force: boolean;
}
