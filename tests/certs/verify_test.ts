import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { CertificateAuthority } from "../../certs/authority.ts";
import {
  CertificateError,
  type CertificateReason,
} from "../../certs/errors.ts";
import type { Identity } from "../../certs/identity.ts";
import { RevocationList } from "../../certs/revocation.ts";
import { PeerVerifier } from "../../certs/verify.ts";
import { derOf, oddLeaf, workspace } from "./workspace.ts";

const HOUR = 3_600_000;
const CLIENT = ["basicConstraints=CA:FALSE", "extendedKeyUsage=clientAuth"];

async function fixture() {
  const space = await workspace();
  // A minute ahead: what openssl makes begins at once, and is not backdated as ours is.
  const clock = { ms: Date.now() + 60_000 };
  const now = () => clock.ms;
  const ca = await CertificateAuthority.create({ cluster: "demo", now });
  const revocations = await RevocationList.load(space.path("revoked.json"));
  const verifier = new PeerVerifier({
    caBundle: ca.certificatePem,
    revocations,
    now,
  });
  return {
    clock,
    ca,
    revocations,
    verifier,
    [Symbol.asyncDispose]: () => space[Symbol.asyncDispose](),
  };
}

function refused(reason: CertificateReason, task: () => unknown): void {
  throws(task, (error) => {
    ok(error instanceof CertificateError, String(error));
    equal(error.reason, reason, error.message);
    return true;
  });
}

const revocation = (serial: string | null, fingerprint: string | null) => ({
  serial,
  fingerprint,
  name: null,
  revokedAt: "2026-01-01T00:00:00Z",
  reason: null,
});

Deno.test("verify() names the holder of a good certificate", async () => {
  await using f = await fixture();
  for (const keyType of ["p256", "ed25519"] as const) {
    const issued = await f.ca.issue({ name: "alice", roles: ["ops"], keyType });
    const identity = f.verifier.verify(derOf(issued.certificatePem));
    deepEqual({ ...identity }, {
      name: "alice",
      roles: ["ops"],
      kind: "user",
      fingerprint: issued.fingerprint,
      serial: issued.serial,
      notAfter: issued.notAfter,
    });
    f.verifier.recheck(identity);
  }
});

Deno.test("verify() accepts a server's certificate as a server only", async () => {
  await using f = await fixture();
  const { certificatePem } = await f.ca.issue({
    name: "host-1",
    kind: "node",
    usages: ["server"],
  });
  const der = derOf(certificatePem);
  equal(f.verifier.verify(der, "server").kind, "node");
  refused("wrong_usage", () => f.verifier.verify(der));
});

Deno.test("verify() refuses a certificate of another authority with the same name", async () => {
  await using f = await fixture();
  const other = await CertificateAuthority.create({ cluster: "demo" });
  const { certificatePem } = await other.issue({ name: "alice" });
  refused(
    "unknown_authority",
    () => f.verifier.verify(derOf(certificatePem)),
  );
});

Deno.test("verify() refuses a certificate that signed itself", async () => {
  await using f = await fixture();
  await using space = await workspace();
  await space.openssl(
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
    ...["ec_paramgen_curve:P-256", "-nodes", "-keyout", "k", "-out", "c"],
    ...["-subj", "/O=demo/CN=worker CA", "-addext"],
    "extendedKeyUsage=clientAuth",
  );
  const der = derOf(await space.read("c"));
  refused("unknown_authority", () => f.verifier.verify(der));
});

Deno.test("verify() refuses a certificate of which any byte was changed", async () => {
  await using f = await fixture();
  const { certificatePem } = await f.ca.issue({ name: "alice" });
  const good = derOf(certificatePem);
  f.verifier.verify(good);
  for (let at = 0; at < good.length; at++) {
    const changed = good.slice();
    changed[at]! ^= 1 << at % 8;
    throws(() => f.verifier.verify(changed), CertificateError, `byte ${at}`);
  }
  const forged = good.slice();
  forged[forged.length - 1]! ^= 1;
  refused("bad_signature", () => f.verifier.verify(forged));
});

Deno.test("verify() refuses what is cut off, continued or no certificate at all", async () => {
  await using f = await fixture();
  const { certificatePem } = await f.ca.issue({ name: "alice" });
  const good = derOf(certificatePem);
  for (let length = 0; length < good.length; length += 7) {
    refused("malformed", () => f.verifier.verify(good.slice(0, length)));
  }
  refused("malformed", () => f.verifier.verify(new Uint8Array([...good, 0])));
  refused("malformed", () => f.verifier.verify(new Uint8Array(1 << 20)));
  refused(
    "malformed",
    () => f.verifier.verify(new TextEncoder().encode(certificatePem)),
  );
});

Deno.test("verify() refuses a certificate outside of its dates", async () => {
  await using f = await fixture();
  const issued = await f.ca.issue({ name: "alice", ttl: HOUR });
  const der = derOf(issued.certificatePem);
  f.clock.ms = issued.notAfter;
  f.verifier.verify(der);
  f.clock.ms = issued.notAfter + 1;
  refused("expired", () => f.verifier.verify(der));
  f.clock.ms = issued.notBefore - 1;
  refused("not_yet_valid", () => f.verifier.verify(der));
});

Deno.test("verify() refuses every certificate of an authority that has expired", async () => {
  await using space = await workspace();
  const ca = await CertificateAuthority.create({ cluster: "old", ttl: HOUR });
  const leaf = await oddLeaf(ca, { extensions: CLIENT });
  let now = Date.now();
  const verifier = new PeerVerifier({
    caBundle: ca.certificatePem,
    revocations: await RevocationList.load(space.path("revoked.json")),
    now: () => now,
  });
  const identity = verifier.verify(leaf);
  now += 2 * HOUR;
  ok(now < identity.notAfter);
  refused("expired", () => verifier.verify(leaf));
  refused("expired", () => verifier.recheck(identity));
});

Deno.test("verify() refuses a certificate that is not for a client", async () => {
  await using f = await fixture();
  const uses: Record<string, string[]> = {
    none: ["basicConstraints=CA:FALSE"],
    any: ["extendedKeyUsage=anyExtendedKeyUsage"],
    server: ["extendedKeyUsage=serverAuth"],
    "no signatures": [...CLIENT, "keyUsage=critical,keyAgreement"],
    authority: ["basicConstraints=critical,CA:TRUE", CLIENT[1]!],
  };
  for (const extensions of Object.values(uses)) {
    const leaf = await oddLeaf(f.ca, { extensions });
    refused("wrong_usage", () => f.verifier.verify(leaf));
  }
  const own = derOf(f.ca.certificatePem);
  refused("wrong_usage", () => f.verifier.verify(own));
});

Deno.test("verify() refuses a certificate that names nobody, or two", async () => {
  await using f = await fixture();
  const nameless = await oddLeaf(f.ca, {
    subject: "/O=admin",
    extensions: CLIENT,
  });
  refused("no_name", () => f.verifier.verify(nameless));
  const odd = [
    { subject: "/CN=alice/CN=admin", extensions: CLIENT },
    {
      subject: "/CN=alice",
      extensions: [...CLIENT, "subjectAltName=URI:spiffe://demo/user/admin"],
    },
    {
      subject: "/CN=alice",
      extensions: [
        ...CLIENT,
        "subjectAltName=URI:spiffe://a/user/alice,URI:spiffe://b/node/alice",
      ],
    },
    { subject: "/CN=..", extensions: CLIENT },
  ];
  for (const leaf of odd) {
    const der = await oddLeaf(f.ca, leaf);
    refused("malformed", () => f.verifier.verify(der));
  }
});

Deno.test("verify() refuses a critical extension that it does not understand", async () => {
  await using f = await fixture();
  const unknown = "1.2.3.4=critical,ASN1:UTF8String:only on Sundays";
  const leaf = await oddLeaf(f.ca, { extensions: [...CLIENT, unknown] });
  refused("malformed", () => f.verifier.verify(leaf));
});

Deno.test("verify() refuses a SHA-1 signature", async () => {
  await using f = await fixture();
  const leaf = await oddLeaf(f.ca, { extensions: CLIENT, args: ["-sha1"] });
  refused("bad_signature", () => f.verifier.verify(leaf));
});

Deno.test("verify() refuses what is revoked by its fingerprint or by its serial number", async () => {
  await using f = await fixture();
  const [a, b, c] = [
    await f.ca.issue({ name: "a" }),
    await f.ca.issue({ name: "b" }),
    await f.ca.issue({ name: "c" }),
  ];
  await f.revocations.add([
    revocation(null, a.fingerprint),
    revocation(b.serial, null),
  ]);
  refused("revoked", () => f.verifier.verify(derOf(a.certificatePem)));
  refused("revoked", () => f.verifier.verify(derOf(b.certificatePem)));
  equal(f.verifier.verify(derOf(c.certificatePem)).name, "c");
});

Deno.test("recheck() refuses an identity that has expired or was revoked since", async () => {
  await using f = await fixture();
  const issued = await f.ca.issue({ name: "alice", ttl: HOUR });
  const identity = f.verifier.verify(derOf(issued.certificatePem));
  f.verifier.recheck(identity);
  f.clock.ms = issued.notAfter + 1;
  refused("expired", () => f.verifier.recheck(identity));
  f.clock.ms = issued.notAfter;
  await f.revocations.add([revocation(issued.serial, null)]);
  refused("revoked", () => f.verifier.recheck(identity));
  // Whatever else is wrong with it: who was revoked is cut off, who is only late is not.
  f.clock.ms = issued.notAfter + 1;
  refused("revoked", () => f.verifier.recheck(identity));
  const next = await CertificateAuthority.create({ cluster: "demo" });
  f.verifier.replaceAuthorities(next.certificatePem);
  refused("revoked", () => f.verifier.recheck(identity));
});

Deno.test("recheck() refuses an identity that verify() did not give", async () => {
  await using f = await fixture();
  const { certificatePem } = await f.ca.issue({ name: "alice" });
  const identity = f.verifier.verify(derOf(certificatePem));
  const forged: Identity = { ...identity, name: "admin" };
  refused("unknown_authority", () => f.verifier.recheck(forged));
  throws(() => {
    identity.name = "admin";
  }, TypeError);
  throws(() => identity.roles.push("admin"), TypeError);
});

Deno.test("replaceAuthorities() ends the trust in what is left out, and in nothing else", async () => {
  await using f = await fixture();
  const next = await CertificateAuthority.create({ cluster: "demo" });
  const old = derOf((await f.ca.issue({ name: "old" })).certificatePem);
  const young = derOf((await next.issue({ name: "young" })).certificatePem);
  const oldIdentity = f.verifier.verify(old);

  f.verifier.replaceAuthorities(next.certificatePem + f.ca.certificatePem);
  f.verifier.recheck(oldIdentity);
  const youngIdentity = f.verifier.verify(young);

  f.verifier.replaceAuthorities(next.certificatePem);
  f.verifier.recheck(youngIdentity);
  refused("unknown_authority", () => f.verifier.recheck(oldIdentity));
  refused("unknown_authority", () => f.verifier.verify(old));
});

Deno.test("replaceAuthorities() keeps the trusted ones when the new bundle can't be used", async () => {
  await using f = await fixture();
  const { certificatePem, keyPem } = await f.ca.issue({ name: "alice" });
  const identity = f.verifier.verify(derOf(certificatePem));
  for (const bundle of ["", "garbage", keyPem, certificatePem]) {
    throws(
      () => f.verifier.replaceAuthorities(bundle),
      { name: "CertificateStoreError", code: "damaged" },
    );
  }
  f.verifier.recheck(identity);
});
