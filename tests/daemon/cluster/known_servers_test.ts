import { deepEqual, equal } from "node:assert/strict";
import { KnownServers } from "../../../lib/daemon/cluster/known_servers.ts";
import { Scratch } from "../../config/scratch.ts";

const GIVEN = ["a.example:7443"];

const load = ({ folder }: Scratch, given: readonly string[] = GIVEN) =>
  KnownServers.load(folder, { given: () => given });

Deno.test("KnownServers remembers what the cluster told, behind what is configured", async () => {
  await using scratch = await Scratch.make();
  const servers = await load(scratch);
  deepEqual(servers.list(), GIVEN);
  equal(await KnownServers.areIn(scratch.folder), false);
  await servers.remember(["b.example:1", "a.example:7443", "b.example:1"]);
  deepEqual(servers.list(), ["a.example:7443", "b.example:1"]);
  deepEqual(servers.authFirst(), ["b.example:1", "a.example:7443"]);
  const again = await load(scratch, []);
  deepEqual(again.list(), ["b.example:1", "a.example:7443"]);
  equal(await KnownServers.areIn(scratch.folder), true);
  const { mode } = await Deno.stat(`${scratch.folder}/servers.json`);
  equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("KnownServers.remember() forgets those that are not told any more, and leaves out what is no address", async () => {
  await using scratch = await Scratch.make();
  const servers = await load(scratch);
  await Promise.all([
    servers.remember(["b.example:1"]),
    servers.remember(["c.example:1", "d.example", "e.example:x\n", ""]),
  ]);
  deepEqual(servers.list(), [...GIVEN, "c.example:1"]);
  // One that knows none is no news.
  await servers.remember([]);
  deepEqual((await load(scratch)).list(), [...GIVEN, "c.example:1"]);
});

Deno.test("KnownServers.load() goes on with those of the configuration when the file is damaged", async () => {
  await using scratch = await Scratch.make();
  for (const text of ["", "{", "[]", '{"servers":[1]}', '{"servers":"a"}']) {
    await scratch.file("servers.json", text);
    deepEqual((await load(scratch)).list(), GIVEN);
  }
  await scratch.file("servers.json", '{"servers":["x","b.example:1"]}');
  deepEqual((await load(scratch)).list(), [...GIVEN, "b.example:1"]);
});
