import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { CertificateAuthority } from "../../certs/authority.ts";
import { describeCertificates } from "../../certs/describe.ts";
import { derOf, oddLeaf, workspace } from "./workspace.ts";

Deno.test("describeCertificates() says what openssl says, of keys of every kind", async () => {
  await using space = await workspace();
  const keys: Record<string, string[]> = {
    "ECDSA P-256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ECDSA P-384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ECDSA P-521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ECDSA secp256k1": ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "RSA 2048": ["rsa:2048"],
    "RSA 1031": ["rsa:1031"],
    "RSA-PSS 1024": ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:1024"],
    Ed25519: ["ed25519"],
    Ed448: ["ed448"],
  };
  for (const [keyType, args] of Object.entries(keys)) {
    await space.openssl(
      ...["req", "-x509", "-newkey", ...args, "-nodes", "-keyout", "k"],
      ...["-out", "c", "-subj", "/C=DE/O=a, b/CN=x\\+y", "-days", "40000"],
      ...["-set_serial", "0x80ab", "-addext"],
      "subjectAltName=DNS:a.b,IP:2001:db8::,email:x@y.z,otherName:1.2.3;UTF8:q",
    );
    const [shown] = describeCertificates(await space.read("c"));
    equal(shown!.keyType, keyType);
    equal(shown!.subject, "C=DE, O=a\\, b, CN=x\\+y");
    equal(shown!.issuer, shown!.subject);
    equal(shown!.serial, "80ab");
    equal(shown!.authority, true);
    const [dns, ip, email, other] = shown!.sans;
    deepEqual([dns, ip, email], ["DNS:a.b", "IP:2001:db8::", "email:x@y.z"]);
    ok(other!.startsWith("other:"));
    const text = await space.openssl(
      ...["x509", "-in", "c", "-noout", "-fingerprint", "-sha256", "-dates"],
    );
    const [, fingerprint] = /=([0-9A-F:]+)\n/.exec(text)!;
    equal(shown!.fingerprint, fingerprint!.replaceAll(":", "").toLowerCase());
    const date = (name: string) =>
      new Date(new RegExp(`${name}=(.*)`).exec(text)![1]!).toISOString();
    equal(shown!.notBefore, date("notBefore"));
    equal(shown!.notAfter, date("notAfter"));
  }
});

Deno.test("describeCertificates() reads DER, PEM and bundles in their order", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const { certificatePem, keyPem } = await ca.issue({ name: "alice" });
  const bundle = `a note\n${certificatePem}${keyPem}${ca.certificatePem}`;
  const subjects = (content: string | Uint8Array) =>
    describeCertificates(content).map(({ subject }) => subject);
  deepEqual(subjects(bundle), ["CN=alice", "O=demo, CN=worker CA"]);
  deepEqual(subjects(new TextEncoder().encode(bundle)), subjects(bundle));
  deepEqual(subjects(derOf(certificatePem)), ["CN=alice"]);
});

Deno.test("describeCertificates() says what a file without a certificate holds", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  throws(() => describeCertificates(ca.keyPem, "a.key"), {
    code: "damaged",
    message: /"a\.key" holds a private key, not a certificate/,
  });
  throws(() => describeCertificates("hello", "x"), { code: "damaged" });
  throws(() => describeCertificates(new Uint8Array(), "x"), {
    code: "damaged",
  });
  throws(() => describeCertificates(new Uint8Array([0x30, 1])), {
    reason: "malformed",
  });
});

Deno.test("describeCertificates() disarms what would move a terminal's cursor", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const der = await oddLeaf(ca, {
    subject: "/CN=\u001b[2Jalice\u202e",
    extensions: ["basicConstraints=CA:FALSE"],
  });
  const [shown] = describeCertificates(der);
  // deno-lint-ignore no-control-regex
  ok(!/[\x00-\x1f\x7f-\x9f\u202e]/.test(JSON.stringify(shown)), shown!.subject);
  ok(shown!.subject.startsWith("CN=\\u{1b}[2Jalice"), shown!.subject);
});
