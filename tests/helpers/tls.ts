/**
 * Certificates for tests, made by `openssl` and not by the project's own authority: what judges
 * the code must not be the code.
 */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import type { Identity } from "../../certs/identity.ts";

/** PEM texts of one certificate and its private key. */
export interface PemPair {
  cert: string;
  key: string;
}

/** A leaf to issue. */
export interface LeafOptions {
  /** Organizations of the subject. @default {[]} */
  roles?: string[];
  /** Extended key usage. @default {"client"} */
  usage?: "client" | "server";
  /** Days of validity from now; a negative number makes an expired certificate. @default {1} */
  days?: number;
}

/** A P-256 certificate authority. */
export class TestCa {
  private constructor(readonly cert: string, readonly key: string) {}

  /** Makes an authority with the common name `name`. */
  static async create(name = "test ca"): Promise<TestCa> {
    await using dir = await temporaryDirectory();
    await openssl(dir.path, [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
      ...["ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`],
      ...["-days", "10", "-keyout", "ca.key", "-out", "ca.crt"],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ]);
    return new TestCa(await dir.read("ca.crt"), await dir.read("ca.key"));
  }

  /** Issues a certificate for `name`; a server's one is good for localhost and 127.0.0.1. */
  async issue(name: string, options: LeafOptions = {}): Promise<PemPair> {
    const { roles = [], usage = "client", days = 1 } = options;
    await using dir = await temporaryDirectory();
    await dir.write("ca.crt", this.cert);
    await dir.write("ca.key", this.key);
    await dir.write(
      "extensions",
      [
        "basicConstraints=CA:FALSE",
        "keyUsage=critical,digitalSignature",
        `extendedKeyUsage=${usage}Auth`,
        usage === "server"
          ? "subjectAltName=DNS:localhost,IP:127.0.0.1"
          : `subjectAltName=URI:spiffe://test/user/${name}`,
      ].join("\n"),
    );
    const subject = roles.map((role) => `/O=${role}`).join("") + `/CN=${name}`;
    await openssl(dir.path, [
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-subj", subject, "-keyout", "leaf.key"],
      ...["-out", "leaf.csr"],
    ]);
    await openssl(dir.path, [
      ...["x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt"],
      ...["-CAkey", "ca.key", "-CAcreateserial", "-days", String(days)],
      ...["-extfile", "extensions", "-out", "leaf.crt"],
    ]);
    return {
      cert: await dir.read("leaf.crt"),
      key: await dir.read("leaf.key"),
    };
  }
}

/** A verifier as the listener wants it: signature and dates against one authority. */
export function verifierOf(ca: string): (rawDer: Uint8Array) => Identity {
  const authority = new X509Certificate(ca);
  return (rawDer) => {
    const cert = new X509Certificate(Buffer.from(rawDer));
    const name = /CN=([^\n]+)/.exec(cert.subject)?.[1] ?? "";
    if (!cert.checkIssued(authority) || !cert.verify(authority.publicKey)) {
      throw new Error(`the certificate of "${name}" is of another authority`);
    }
    const notAfter = Date.parse(cert.validTo);
    if (notAfter < Date.now()) {
      throw new Error(`the certificate of "${name}" expired`);
    }
    return {
      name,
      roles: [...cert.subject.matchAll(/^O=(.+)$/gm)].map(([, role]) => role!),
      kind: "user",
      fingerprint: cert.fingerprint256.replaceAll(":", "").toLowerCase(),
      serial: cert.serialNumber.toLowerCase(),
      notAfter,
    };
  };
}

/** A private directory that is gone with its scope. */
async function temporaryDirectory() {
  const path = await Deno.makeTempDir({ prefix: "worker-test-tls-" });
  return {
    path,
    read: (name: string) => Deno.readTextFile(`${path}/${name}`),
    write: (name: string, text: string) =>
      Deno.writeTextFile(`${path}/${name}`, text, { mode: 0o600 }),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function openssl(cwd: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd })
    .output();
  if (!success) {
    throw new Error(
      `openssl ${args[0]} failed: ${new TextDecoder().decode(stderr)}`,
    );
  }
}
