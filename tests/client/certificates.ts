import { join } from "node:path";

/** PEM texts of one authority, a server certificate and a client certificate, made by openssl. */
export interface TestCertificates extends AsyncDisposable {
  /** The folder with the files: `ca.crt`, `server.crt`, `server.key`, `alice.crt`, `alice.key`. */
  dir: string;
  ca: string;
  server: { cert: string; key: string };
  alice: { cert: string; key: string };
  /** Issues one more, e.g. an expired one. Names the files `<name>.crt` and `<name>.key`. */
  issue(
    name: string,
    options?: { days?: number; extensions?: string },
  ): Promise<{ cert: string; key: string }>;
}

/** Makes an authority with a server certificate for localhost and a client certificate `alice`. */
export async function makeCertificates(): Promise<TestCertificates> {
  const dir = await Deno.makeTempDir({ prefix: "worker-client-" });
  await openssl(dir, [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
    ...["ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test CA"],
  ]);
  const issue = async (
    name: string,
    { days = 1, extensions = "extendedKeyUsage=clientAuth" } = {},
  ) => {
    await openssl(dir, [
      ...["req", "-new", "-newkey", "ec", "-pkeyopt"],
      ...["ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${name}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.csr`],
    ]);
    await Deno.writeTextFile(join(dir, `${name}.ext`), extensions + "\n");
    await openssl(dir, [
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt"],
      ...["-CAkey", "ca.key", "-CAcreateserial", "-days", String(days)],
      ...["-extfile", `${name}.ext`, "-out", `${name}.crt`],
    ]);
    await Deno.chmod(join(dir, `${name}.key`), 0o600);
    return {
      cert: await Deno.readTextFile(join(dir, `${name}.crt`)),
      key: await Deno.readTextFile(join(dir, `${name}.key`)),
    };
  };
  return {
    dir,
    ca: await Deno.readTextFile(join(dir, "ca.crt")),
    server: await issue("server", { extensions: SERVER_EXTENSIONS }),
    alice: await issue("alice"),
    issue,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

export const SERVER_EXTENSIONS =
  "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1";

async function openssl(cwd: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    cwd,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
