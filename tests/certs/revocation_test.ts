import { deepEqual, equal, rejects } from "node:assert/strict";
import { type Revocation, RevocationList } from "../../certs/revocation.ts";
import { workspace } from "./workspace.ts";

function revocation(serial: string): Revocation {
  return {
    serial,
    fingerprint: serial.repeat(2),
    name: "alice",
    revokedAt: "2026-01-01T00:00:00Z",
    reason: null,
  };
}

const identity = (serial: string) => ({
  serial,
  fingerprint: serial.repeat(2),
});

Deno.test("RevocationList.load() is an empty list when there is no file", async () => {
  await using space = await workspace();
  const list = await RevocationList.load(space.path("revoked.json"));
  deepEqual(list.entries, []);
  equal(list.has(identity("aa")), false);
});

Deno.test("RevocationList.add() writes a private file that another list reads", async () => {
  await using space = await workspace();
  const path = space.path("revoked.json");
  const list = await RevocationList.load(path);
  const entry = { ...revocation("aa"), reason: 'lost "laptop"' };
  deepEqual(await list.add([entry]), [entry]);
  deepEqual(await list.add([entry]), []);
  equal(Deno.statSync(path).mode! & 0o777, 0o600);
  const other = await RevocationList.load(path);
  deepEqual(other.entries, [entry]);
  equal(other.has(identity("aa")), true);
  equal(other.has(identity("bb")), false);
});

Deno.test("RevocationList.reload() sees what another one added", async () => {
  await using space = await workspace();
  const path = space.path("revoked.json");
  const ours = await RevocationList.load(path);
  const theirs = await RevocationList.load(path);
  await theirs.add([revocation("aa")]);
  equal(ours.has(identity("aa")), false);
  await ours.reload();
  equal(ours.has(identity("aa")), true);
});

Deno.test("RevocationList.add() loses nothing when several add at once", async () => {
  await using space = await workspace();
  const path = space.path("revoked.json");
  const serials = Array.from({ length: 12 }, (_, i) => `${i + 10}`);
  await Promise.all(serials.map(async (serial) => {
    const list = await RevocationList.load(path);
    await list.add([revocation(serial)]);
  }));
  const list = await RevocationList.load(path);
  deepEqual(list.entries.map(({ serial }) => serial).sort(), serials);
});

Deno.test("RevocationList.reload() keeps the last good list when the file can't be used", async () => {
  await using space = await workspace();
  const path = space.path("revoked.json");
  const list = await RevocationList.load(path);
  await list.add([revocation("aa")]);
  const damaged = [
    ...["", "{", "null", "[]", '{"revoked":{}}', '{"revoked":[{}]}'],
    '{"revoked":[{"serial":"not hex"}]}',
    '{"revoked":[{"serial":"aa","name":7}]}',
    '{"revoked":["aa"]}',
  ];
  for (const text of damaged) {
    await Deno.writeTextFile(path, text);
    await rejects(list.reload(), { code: "damaged" }, text);
    await rejects(list.add([revocation("bb")]), { code: "damaged" }, text);
    await rejects(RevocationList.load(path), { code: "damaged" }, text);
    equal(list.has(identity("aa")), true, text);
    equal(list.has(identity("bb")), false, text);
    equal(await Deno.readTextFile(path), text);
  }
  await Deno.remove(path);
  await rejects(list.reload(), { code: "not_found" });
  equal(list.has(identity("aa")), true);
  await Deno.writeTextFile(path, '{"revoked":[]}');
  await list.reload();
  equal(list.has(identity("aa")), false);
});

Deno.test("RevocationList.load() understands hex as people and openssl write it", async () => {
  await using space = await workspace();
  const path = await space.write(
    "revoked.json",
    '{"revoked":[{"serial":"AA:BB"},{"fingerprint":"CCDD"}]}',
  );
  const list = await RevocationList.load(path);
  equal(list.has({ serial: "aabb", fingerprint: "00" }), true);
  equal(list.has({ serial: "00", fingerprint: "ccdd" }), true);
});
