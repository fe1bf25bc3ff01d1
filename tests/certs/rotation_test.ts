import { equal, notEqual, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { CertificateAuthority } from "../../certs/authority.ts";
import { initialise } from "../../certs/initialise.ts";
import { RevocationList } from "../../certs/revocation.ts";
import {
  beginRotation,
  endRotation,
  issueByNext,
  readRotation,
} from "../../certs/rotation.ts";
import { PeerVerifier } from "../../certs/verify.ts";
import { derOf, workspace } from "./workspace.ts";

async function fixture() {
  const space = await workspace();
  await initialise(space.dir, { hostname: "a" });
  const load = async () =>
    await CertificateAuthority.load({
      certificate: await space.read("ca/ca.crt"),
      key: await space.read("ca/ca.key"),
    });
  const verifier = async () =>
    new PeerVerifier({
      caBundle: await space.read("ca/ca.crt"),
      revocations: await RevocationList.load(space.path("none.json")),
    });
  const issue = async () =>
    derOf((await (await load()).issue({ name: "alice" })).certificatePem);
  return { space, load, verifier, issue };
}

Deno.test("a rotation trusts both authorities until it ends, and issues by one of them", async () => {
  const { space, verifier, issue, load } = await fixture();
  await using _space = space;
  const before = (await readRotation(space.dir)).issuer.fingerprint;
  const old = await issue();

  const announced = await beginRotation(space.dir);
  equal(announced.phase, "announced");
  equal(announced.issuer.fingerprint, before);
  (await verifier()).verify(old);
  (await verifier()).verify(await issue());
  equal((await load()).bundlePem, await space.read("ca/ca.crt"));

  const issuing = await issueByNext(space.dir);
  equal(issuing.phase, "issuing");
  notEqual(issuing.issuer.fingerprint, before);
  const renewed = await issue();
  (await verifier()).verify(old);
  (await verifier()).verify(renewed);

  const ended = await endRotation(space.dir);
  equal(ended.phase, "none");
  equal(ended.issuer.fingerprint, issuing.issuer.fingerprint);
  (await verifier()).verify(renewed);
  const last = await verifier();
  throws(() => last.verify(old), { reason: "unknown_authority" });
  for (const name of ["ca.crt", "ca.key"]) {
    const { mode } = await Deno.stat(join(space.dir, "ca", name));
    equal(mode! & 0o777, 0o600, name);
  }
});

Deno.test("a rotation that was only announced can be taken back, and begun again", async () => {
  const { space, issue, verifier } = await fixture();
  await using _space = space;
  const before = await readRotation(space.dir);
  await beginRotation(space.dir);
  const ended = await endRotation(space.dir);
  equal(ended.phase, "none");
  equal(ended.issuer.fingerprint, before.issuer.fingerprint);
  (await verifier()).verify(await issue());
  equal((await beginRotation(space.dir)).phase, "announced");
});

Deno.test("a step of a rotation is refused in the wrong phase", async () => {
  const { space } = await fixture();
  await using _space = space;
  await rejects(issueByNext(space.dir), { code: "invalid" });
  await rejects(endRotation(space.dir), { code: "invalid" });
  await beginRotation(space.dir);
  await rejects(beginRotation(space.dir), {
    code: "exists",
    message: /"announced"/,
  });
  await issueByNext(space.dir);
  await rejects(issueByNext(space.dir), { message: /"issuing"/ });
});

Deno.test("a rotation can begin after a crash that left the new key only", async () => {
  const { space } = await fixture();
  await using _space = space;
  await space.write("ca/next.key", "half a key");
  equal((await readRotation(space.dir)).phase, "none");
  equal((await beginRotation(space.dir)).phase, "announced");
  equal((await issueByNext(space.dir)).phase, "issuing");
});
