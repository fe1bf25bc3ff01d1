import { CertificateAuthority } from "../../certs/authority.ts";
import { certificatesOfPem } from "../../certs/pem.ts";
import { runCommand } from "../helpers/command.ts";

/** A private directory that is gone with its scope, with `openssl` run inside it. */
export interface Workspace extends AsyncDisposable {
  dir: string;
  path(name: string): string;
  write(name: string, text: string): Promise<string>;
  read(name: string): Promise<string>;
  /** Standard output; throws what openssl said when it fails. */
  openssl(...args: string[]): Promise<string>;
}

export async function workspace(): Promise<Workspace> {
  const dir = await Deno.makeTempDir({ prefix: "worker-test-certs-" });
  const path = (name: string) => `${dir}/${name}`;
  return {
    dir,
    path,
    async write(name, text) {
      await Deno.writeTextFile(path(name), text, { mode: 0o600 });
      return path(name);
    },
    read: (name) => Deno.readTextFile(path(name)),
    async openssl(...args) {
      const { code, stdout, stderr } = await runCommand(["openssl", ...args], {
        cwd: dir,
      });
      if (code !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
      return stdout;
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** DER of the first certificate of a PEM text. */
export function derOf(pem: string): Uint8Array {
  return certificatesOfPem(pem, "test")[0]!;
}

export interface OddLeaf {
  subject?: string;
  /** Lines of an openssl extension file. */
  extensions: string[];
  /** Further arguments of `openssl x509 -req`. */
  args?: string[];
}

/** A leaf as our own authority would never issue it, signed with the authority's key by openssl. */
export async function oddLeaf(
  authority: CertificateAuthority,
  { subject = "/CN=alice", extensions, args = [] }: OddLeaf,
): Promise<Uint8Array> {
  await using space = await workspace();
  await space.write("ca.crt", authority.certificatePem);
  await space.write("ca.key", authority.keyPem);
  await space.write("extensions", extensions.join("\n"));
  await space.openssl(
    ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-nodes", "-subj", subject, "-keyout", "leaf.key", "-out", "leaf.csr"],
  );
  await space.openssl(
    ...["x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key"],
    ...["-CAcreateserial", "-days", "30", "-extfile", "extensions"],
    ...["-out", "leaf.crt", ...args],
  );
  return derOf(await space.read("leaf.crt"));
}
