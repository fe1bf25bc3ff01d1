import type { MemberKind } from "../api/cluster.ts";
import type { ServerCertificate } from "./server_files.ts";
import type { ServerIdentity } from "./server_identity.ts";

/** Nothing but that it happened. */
type Bare = Record<never, never>;

/** The events of a daemon's life cycle, with what each carries. */
export interface DaemonEvents {
  /** The host belongs to a cluster whose authority is elsewhere; `created` are the files made for it. */
  Joined: { created: readonly string[] };
  /** The server's certificate and whom it trusts are loaded; `created` are the files made for it. */
  IdentityReady: { identity: ServerIdentity; created: readonly string[] };
  /** The process that owns the jobs answers. */
  JobHostReady: Bare;
  /**
   * The network listener accepts; `addresses` are `host:port`, with the real ports. None when the
   * server is reached through tunnels only.
   */
  ApiReady: { addresses: readonly string[] };
  /** The administrator's socket accepts. */
  AdminReady: Bare;
  /** The host takes jobs. */
  NodeReady: Bare;
  /** All of it serves. */
  ProcessReady: Bare;
  /** The state directory is this server's own: nobody serves it any more whom this one replaces. */
  PlaceTaken: Bare;
  /** What is only true while it runs is in `run/`, or could not be written. */
  RunFilesWritten: Bare;
  /** The process is about to end. */
  ProcessExit: { reason: string };
  /** The cluster's store is open: this server answers as auth. */
  AuthReady: Bare;
  /** A host belongs to the cluster no more, as whatever it was. */
  MemberRevoked: { name: string; roles: readonly MemberKind[] };
  /** Auth has told that a member is in its lists no more. */
  MemberGone: Bare;
  /** New connections get another certificate, or other authorities are trusted. */
  CertificatesReloaded: { certificate: ServerCertificate };
}
