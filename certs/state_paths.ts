import { join } from "node:path";

/** Where a state directory keeps its certificates. */
export interface StatePaths {
  stateDir: string;
  caDir: string;
  caCert: string;
  caKey: string;
  /** Index of the certificates that the authority has issued. */
  issued: string;
  serverCert: string;
  serverKey: string;
  adminDir: string;
  adminCa: string;
  adminCert: string;
  adminKey: string;
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
