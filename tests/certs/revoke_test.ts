import { deepEqual, equal, rejects } from "node:assert/strict";
import { initialise } from "../../certs/initialise.ts";
import { issueCertificate } from "../../certs/issue.ts";
import { RevocationList } from "../../certs/revocation.ts";
import { revokeCertificate } from "../../certs/revoke.ts";
import { workspace } from "./workspace.ts";

async function fixture() {
  const space = await workspace();
  const state = space.path("state");
  await initialise(state);
  const alice = await issueCertificate(state, {
    name: "alice",
    out: space.path("out"),
  });
  return {
    ...space,
    alice,
    state,
    list: () => RevocationList.load(`${state}/revoked.json`),
  };
}

Deno.test("revokeCertificate() finds a certificate by name, serial number or file", async () => {
  await using f = await fixture();
  const { serial, fingerprint, certificate } = f.alice;
  const targets = {
    name: "alice",
    serial,
    "serial of openssl": serial.toUpperCase().replaceAll(/..(?=.)/g, "$&:"),
    file: certificate,
  };
  for (const [what, target] of Object.entries(targets)) {
    const { revoked } = await revokeCertificate(f.state, target, {
      reason: "lost",
    });
    deepEqual(
      revoked.map((one) => [one.name, one.serial, one.fingerprint, one.reason]),
      [["alice", serial, fingerprint, "lost"]],
      what,
    );
    equal((await f.list()).has(f.alice), true);
    await Deno.writeTextFile(`${f.state}/revoked.json`, '{"revoked":[]}');
  }
});

Deno.test("revokeCertificate() revokes every valid certificate of a name", async () => {
  await using f = await fixture();
  const second = await issueCertificate(f.state, {
    name: "alice",
    out: f.path("out"),
    force: true,
  });
  const { revoked } = await revokeCertificate(f.state, "alice");
  deepEqual(
    revoked.map(({ serial }) => serial).sort(),
    [f.alice.serial, second.serial].sort(),
  );
});

Deno.test("revokeCertificate() does nothing when it was done before", async () => {
  await using f = await fixture();
  await revokeCertificate(f.state, "alice");
  const text = await f.read("state/revoked.json");
  deepEqual(await revokeCertificate(f.state, "alice"), {
    revoked: [],
    matched: 1,
  });
  equal(await f.read("state/revoked.json"), text);
});

Deno.test("revokeCertificate() takes a serial number that was issued elsewhere", async () => {
  await using f = await fixture();
  const serial = "0123456789abcdef";
  await revokeCertificate(f.state, serial);
  equal((await f.list()).has({ serial, fingerprint: "" }), true);
});

Deno.test("revokeCertificate() refuses what it can't find", async () => {
  await using f = await fixture();
  for (const target of ["bob", "ab", "", "./none.crt"]) {
    await rejects(revokeCertificate(f.state, target), { code: "not_found" });
  }
  await rejects(revokeCertificate(f.state, f.alice.key), { code: "damaged" });
  await rejects(revokeCertificate(f.path("none"), "alice"), {
    code: "not_found",
  });
  deepEqual((await f.list()).entries, []);
});
