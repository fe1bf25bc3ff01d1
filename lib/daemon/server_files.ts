import { readAuthorities } from "../../certs/authorities.ts";
import { isKeyOf } from "../../certs/keys.ts";
import {
  certificatesOfPem,
  CertificateStoreError,
  parseCertificate,
  statePaths,
} from "../../certs/mod.ts";
import type { ServeConfig } from "../config/serve_config.ts";

/** PEM files of a server. */
export interface ServerFiles {
  cert: string;
  key: string;
  ca: string;
}

/** The files of a server: the operator's own, or those in its state directory. */
export function serverFiles(
  { tls, stateDir }: Pick<ServeConfig, "tls" | "stateDir">,
): ServerFiles {
  const { serverCert, serverKey, caCert } = statePaths(stateDir);
  return tls ?? { cert: serverCert, key: serverKey, ca: caCert };
}

/** The certificate of the administrator whom a server makes for itself. Paths. */
export interface AdminFiles {
  cacert: string;
  cert: string;
  key: string;
}

/** Where those are. */
export function adminFiles(stateDir: string): AdminFiles {
  const { adminCa, adminCert, adminKey } = statePaths(stateDir);
  return { cacert: adminCa, cert: adminCert, key: adminKey };
}

/** The contents of {@linkcode ServerFiles}. */
export type ServerCertificate = ServerFiles;

/**
 * Reads a server's certificate, its key and the authorities it trusts, and sees to it that they can
 * be used: the TLS engine would find out at the first handshake only.
 *
 * @throws {CertificateStoreError} `not_found` or `damaged`, naming the file.
 */
export async function readServerFiles(
  files: ServerFiles,
): Promise<ServerCertificate> {
  const [cert, key, ca] = await Promise.all(
    [files.cert, files.key, files.ca].map(readText),
  ) as [string, string, string];
  const [leaf] = certificatesOfPem(cert, files.cert);
  if (!isKey(key, parseCertificate(leaf!).publicKey)) {
    throw new CertificateStoreError(
      "damaged",
      `"${files.key}" is not the key of "${files.cert}": put the two that belong together there`,
    );
  }
  try {
    readAuthorities(ca);
  } catch (cause) {
    throw new CertificateStoreError(
      "damaged",
      `"${files.ca}" can't be used: ${(cause as Error).message}`,
      { cause },
    );
  }
  return { cert, key, ca };
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new CertificateStoreError("not_found", `"${path}" is not there`, {
      cause,
    });
  }
}

function isKey(pem: string, publicKey: Uint8Array): boolean {
  try {
    return isKeyOf(pem, publicKey);
  } catch {
    return false;
  }
}
