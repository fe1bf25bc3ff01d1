import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { parseAlternativeName } from "../../certs/alternative_name.ts";
import { CertificateAuthority } from "../../certs/authority.ts";
import { identityOf } from "../../certs/identity_of.ts";
import { KEY_TYPES } from "../../certs/keys.ts";
import { RevocationList } from "../../certs/revocation.ts";
import { PeerVerifier } from "../../certs/verify.ts";
import { derOf, workspace } from "./workspace.ts";

const DAY = 86_400_000;

Deno.test("issue() makes certificates that openssl and we verify, of every key type", async () => {
  await using space = await workspace();
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  await space.write("ca.crt", ca.certificatePem);
  const verifier = new PeerVerifier({
    caBundle: ca.certificatePem,
    revocations: await RevocationList.load(space.path("revoked.json")),
  });
  for (const keyType of KEY_TYPES) {
    const issued = await ca.issue({ name: "alice", roles: ["ops"], keyType });
    await space.write("alice.crt", issued.certificatePem);
    await space.write("alice.key", issued.keyPem);
    const strict = ["verify", "-x509_strict", "-CAfile", "ca.crt"];
    await space.openssl(...strict, "-purpose", "sslclient", "alice.crt");
    await rejects(
      space.openssl(...strict, "-purpose", "sslserver", "alice.crt"),
    );
    equal(
      await space.openssl("x509", "-in", "alice.crt", "-noout", "-pubkey"),
      await space.openssl("pkey", "-in", "alice.key", "-pubout"),
    );
    match(issued.keyPem, /^-----BEGIN PRIVATE KEY-----/);
    equal(verifier.verify(derOf(issued.certificatePem)).name, "alice");
  }
});

Deno.test("issue() and openssl read the same certificate", async () => {
  await using space = await workspace();
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const issued = await ca.issue({
    name: "host-1",
    kind: "node",
    roles: ["a, b", "Ünïcode"],
    usages: ["server", "client"],
    sans: ["DNS:*.example.com", "IP:::1", "URI:https://x/"].map(
      parseAlternativeName,
    ),
  });
  await space.write("c.crt", issued.certificatePem);
  const text = await space.openssl(
    ...["x509", "-in", "c.crt", "-noout", "-serial", "-fingerprint"],
    ...["-sha256", "-subject", "-enddate", "-nameopt", "utf8,sep_multiline"],
    ...["-ext", "subjectAltName,extendedKeyUsage,keyUsage,basicConstraints"],
  );
  ok(text.includes(`serial=${issued.serial.toUpperCase()}`), text);
  ok(
    text.replaceAll(":", "").toLowerCase().includes(issued.fingerprint),
    text,
  );
  match(text, /O=a, b\n\s+O=Ünïcode\n\s+CN=host-1/);
  match(
    text,
    /URI:spiffe:\/\/demo\/node\/host-1, DNS:\*\.example\.com, IP Address:0:0:0:0:0:0:0:1, URI:https:\/\/x\//,
  );
  match(text, /TLS Web Server Authentication, TLS Web Client Authentication/);
  match(text, /CA:FALSE/);
  const end = /notAfter=(.*)/.exec(text)![1]!;
  equal(Date.parse(end), issued.notAfter);
  const { roles, kind, name } = identityOf(derOf(issued.certificatePem));
  deepEqual({ roles, kind, name }, {
    roles: ["a, b", "Ünïcode"],
    kind: "node",
    name: "host-1",
  });
});

Deno.test("issue() works with authorities that openssl made", async () => {
  await using space = await workspace();
  const keys = {
    p384: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    rsa: ["-newkey", "rsa:2048"],
    ed25519: ["-newkey", "ed25519"],
  };
  for (const [name, args] of Object.entries(keys)) {
    await space.openssl(
      ...["req", "-x509", ...args, "-nodes", "-days", "9", "-subj"],
      ...["/C=DE/O=Örg/CN=their CA", "-utf8", "-keyout", `${name}.key`],
      ...["-out", `${name}.crt`],
    );
    const ca = await CertificateAuthority.load({
      certificate: await space.read(`${name}.crt`),
      key: await space.read(`${name}.key`),
    });
    equal(ca.cluster, "worker");
    const { certificatePem } = await ca.issue({ name: "alice" });
    await space.write("alice.crt", certificatePem);
    await space.openssl("verify", "-CAfile", `${name}.crt`, "alice.crt");
  }
});

Deno.test("load() takes up what create() made, and no key or certificate of another", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const other = await CertificateAuthority.create({ cluster: "demo" });
  const again = await CertificateAuthority.load({
    certificate: ca.certificatePem,
    key: ca.keyPem,
  });
  equal(again.cluster, "demo");
  equal(again.certificatePem, ca.certificatePem);
  const leaf = await ca.issue({ name: "alice" });
  const wrong = [
    { certificate: ca.certificatePem, key: other.keyPem },
    { certificate: leaf.certificatePem, key: leaf.keyPem },
    { certificate: ca.certificatePem, key: ca.certificatePem },
    { certificate: ca.keyPem, key: ca.keyPem },
  ];
  for (const pem of wrong) {
    await rejects(CertificateAuthority.load(pem), { code: "damaged" });
  }
});

Deno.test("issue() backdates, and ends with the authority at the latest", async () => {
  const start = Date.UTC(2030, 0, 1, 12, 0, 0, 700);
  const now = () => start;
  const ca = await CertificateAuthority.create({
    cluster: "demo",
    ttl: 30 * DAY,
    now,
  });
  const short = await ca.issue({ name: "a", ttl: DAY });
  equal(short.notBefore, Date.UTC(2030, 0, 1, 11, 55));
  equal(short.notAfter, Date.UTC(2030, 0, 2, 12));
  const long = await ca.issue({ name: "b", ttl: 900 * DAY });
  equal(long.notAfter, ca.certificate.notAfter);
});

Deno.test("issue() refuses when the authority has expired", async () => {
  let now = Date.now();
  const ca = await CertificateAuthority.create({
    cluster: "demo",
    ttl: DAY,
    now: () => now,
  });
  now += 2 * DAY;
  await rejects(ca.issue({ name: "alice" }), { code: "invalid" });
});

Deno.test("issue() refuses names, roles and validities that can't be used", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const names = [
    ...["", "a/b", "..", ".hidden", "-rf", "a\nb", "a\0b", " a", "ca"],
    ...["a\\b", "\u202egnp", "x".repeat(65)],
  ];
  for (const name of names) {
    await rejects(ca.issue({ name }), { code: "invalid" }, name);
  }
  await rejects(ca.issue({ name: "a", roles: ["x/y"] }), { code: "invalid" });
  for (const ttl of [0, -DAY, NaN]) {
    await rejects(ca.issue({ name: "a", ttl }), { code: "invalid" });
  }
  for (const cluster of ["", "A", "a/b", "-a"]) {
    await rejects(CertificateAuthority.create({ cluster }), {
      code: "invalid",
    });
  }
});

Deno.test("issue() certifies an existing key when one is given", async () => {
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const first = await ca.issue({ name: "alice" });
  const second = await ca.issue({ name: "alice", key: first.keyPem });
  equal(second.keyPem, first.keyPem);
  ok(second.serial !== first.serial);
});
