import { deepEqual, equal, rejects } from "node:assert/strict";
import { CertificateAuthority } from "../../certs/authority.ts";
import {
  createCertificateRequest,
  readCertificateRequest,
} from "../../certs/certificate_request.ts";
import { identityOf } from "../../certs/identity_of.ts";
import { generateKeys, KEY_TYPES } from "../../certs/keys.ts";
import { formatPem, parsePem } from "../../certs/pem.ts";
import { certificatePin, pinOf, readPin } from "../../certs/pin.ts";
import { throws } from "node:assert/strict";
import { derOf, workspace } from "./workspace.ts";

Deno.test("readCertificateRequest() reads what createCertificateRequest() made and openssl accepts", async () => {
  await using space = await workspace();
  for (const type of KEY_TYPES.filter((type) => type !== "rsa4096")) {
    const { privateKeyPem } = await generateKeys(type);
    const pem = await createCertificateRequest(privateKeyPem, {
      name: "web-1",
      sans: [{ type: "DNS", value: "web-1.example" }, {
        type: "IP",
        value: "10.0.0.1",
      }],
    });
    const path = await space.write("request.pem", pem);
    await space.openssl("req", "-in", path, "-verify", "-noout");
    const { name, sans } = await readCertificateRequest(pem);
    equal(name, "web-1");
    deepEqual(sans, [
      { type: "DNS", value: "web-1.example" },
      { type: "IP", value: "10.0.0.1" },
    ]);
  }
});

Deno.test("readCertificateRequest() reads requests of openssl", async () => {
  await using space = await workspace();
  for (
    const key of [
      ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
      ["rsa:2048"],
      ["ed25519"],
    ]
  ) {
    await space.openssl(
      ...["req", "-new", "-newkey", ...key, "-nodes", "-subj", "/O=x/CN=b"],
      ...["-keyout", "k.pem", "-out", "r.pem"],
    );
    const request = await readCertificateRequest(await space.read("r.pem"));
    equal(request.name, "b");
    deepEqual(request.sans, []);
  }
});

Deno.test("readCertificateRequest() refuses a request whose signature is of another key", async () => {
  const { privateKeyPem } = await generateKeys("p256");
  const pem = await createCertificateRequest(privateKeyPem, { name: "web-1" });
  const other = (await generateKeys("p256")).privateKeyPem;
  const stolen = await createCertificateRequest(other, { name: "web-1" });
  const own = parsePem(pem)[0]!.der;
  const foreign = parsePem(stolen)[0]!.der;
  const { publicKey } = await readCertificateRequest(stolen);
  const at = findBytes(own, (await readCertificateRequest(pem)).publicKey);
  const forged = own.slice();
  forged.set(publicKey, at);
  equal(foreign.length > 0, true);
  await rejects(
    readCertificateRequest(formatPem("CERTIFICATE REQUEST", forged)),
    { code: "invalid", message: /signature/ },
  );
});

Deno.test("readCertificateRequest() refuses bytes that are damaged anywhere", async () => {
  const { privateKeyPem } = await generateKeys("p256");
  const der = parsePem(
    await createCertificateRequest(privateKeyPem, { name: "web-1" }),
  )[0]!.der;
  for (let at = 0; at < der.length; at++) {
    const damaged = der.slice();
    damaged[at] = damaged[at]! ^ 0x41;
    await rejects(
      readCertificateRequest(formatPem("CERTIFICATE REQUEST", damaged)),
      { name: "CertificateStoreError", code: "invalid" },
      `byte ${at}`,
    );
  }
});

Deno.test("readCertificateRequest() refuses what is no request, and weak keys", async () => {
  await using space = await workspace();
  const invalid = { code: "invalid" };
  await rejects(readCertificateRequest(""), invalid);
  await rejects(readCertificateRequest("x".repeat(100_000)), invalid);
  await space.openssl(
    ...["req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=b"],
    ...["-keyout", "k.pem", "-out", "weak.pem"],
  );
  await rejects(readCertificateRequest(await space.read("weak.pem")), {
    code: "invalid",
    message: /1024 bits/,
  });
  await space.openssl(
    ...["req", "-new", "-sha1", "-key", "k.pem", "-subj", "/CN=b"],
    ...["-out", "sha1.pem"],
  );
  await rejects(readCertificateRequest(await space.read("sha1.pem")), invalid);
});

Deno.test("certify() signs for a key that it never sees, of the kind it is told", async () => {
  const authority = await CertificateAuthority.create({ cluster: "demo" });
  const { privateKeyPem } = await generateKeys("p256");
  const { publicKey } = await readCertificateRequest(
    await createCertificateRequest(privateKeyPem, { name: "mallory" }),
  );
  const issued = await authority.certify({
    publicKey,
    name: "web-1",
    kind: "node",
    usages: ["client", "server"],
  });
  equal("keyPem" in issued, false);
  const { name, kind, roles } = identityOf(derOf(issued.certificatePem));
  deepEqual({ name, kind, roles }, { name: "web-1", kind: "node", roles: [] });
});

Deno.test("certificatePin() is what openssl makes of the public key", async () => {
  await using space = await workspace();
  const { certificatePem } = await CertificateAuthority.create({
    cluster: "demo",
  });
  await space.write("ca.crt", certificatePem);
  await space.openssl("x509", "-in", "ca.crt", "-pubkey", "-out", "pub.pem");
  const spki = await space.read("pub.pem");
  await space.write("only.pem", spki);
  await space.openssl(
    ...["pkey", "-pubin", "-in", "only.pem", "-outform", "der", "-out", "k"],
  );
  const hash = await space.openssl("dgst", "-sha256", "-r", "k");
  const pin = certificatePin(certificatePem);
  equal(pin, `sha256:${hash.split(" ")[0]}`);
  equal(readPin(` ${pin.toUpperCase().replace("SHA256", "sha256")}`), pin);
  equal(pinOf(new Uint8Array()).length, "sha256:".length + 64);
  throws(() => readPin("sha256:12"), {
    code: "invalid",
    message: /"sha256:12"/,
  });
});

function findBytes(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = 0; at + part.length <= bytes.length; at++) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  throw new Error("they are not there");
}
