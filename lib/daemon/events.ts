/** The events of a daemon's life cycle, with what each carries. */
export interface DaemonEvents {
  /** The server's certificate and whom it trusts are loaded. */
  IdentityReady: Record<never, never>;
  /** The process that owns the jobs answers. */
  JobHostReady: Record<never, never>;
  /** The network listener accepts; `addresses` are `host:port`, with the real ports. */
  ApiReady: { addresses: readonly string[] };
  /** The host takes jobs. */
  NodeReady: Record<never, never>;
  /** All of it serves. */
  ProcessReady: Record<never, never>;
  /** The process is about to end. */
  ProcessExit: { reason: string };
  /** New connections get another certificate, or other authorities are trusted. */
  CertificatesReloaded: Record<never, never>;
}
