import { join } from "node:path";

/** Where a state directory keeps its certificates. */
export interface StatePaths {
  /** The state directory itself. */
  stateDir: string;
  /** Of the authority. */
  caDir: string;
  /** The authority's certificate. */
  caCert: string;
  /** The authority's private key; may be kept elsewhere. */
  caKey: string;
  /** Index of the certificates that the authority has issued. */
  issued: string;
  /** The server's certificate. */
  serverCert: string;
  /** The server's private key. */
  serverKey: string;
  /** Of the administrator: what a client on this host needs. */
  adminDir: string;
  /** A copy of the authority's certificate. */
  adminCa: string;
  /** The administrator's certificate, role `admin`. */
  adminCert: string;
  /** The administrator's private key. */
  adminKey: string;
  /** The revocation list; missing until something is revoked. */
  revoked: string;
  /** Held while any of these is changed. */
  lock: string;
}

/** Names the files; nothing is read. */
export function statePaths(stateDir: string): StatePaths {
  const caDir = join(stateDir, "ca");
  const adminDir = join(stateDir, "admin");
  return {
    stateDir,
    caDir,
    caCert: join(caDir, "ca.crt"),
    caKey: join(caDir, "ca.key"),
    issued: join(caDir, "issued.json"),
    serverCert: join(stateDir, "server.crt"),
    serverKey: join(stateDir, "server.key"),
    adminDir,
    adminCa: join(adminDir, "ca.crt"),
    adminCert: join(adminDir, "admin.crt"),
    adminKey: join(adminDir, "admin.key"),
    revoked: join(stateDir, "revoked.json"),
    lock: join(stateDir, ".certs.lock"),
  };
}
