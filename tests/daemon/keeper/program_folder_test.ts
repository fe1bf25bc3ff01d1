import { deepEqual, equal, ok } from "node:assert/strict";
import { ProgramFolder } from "../../../lib/daemon/keeper/program_folder.ts";

async function inFolder(test: (parent: string) => void): Promise<void> {
  const parent = await Deno.makeTempDir({ prefix: "worker-programs-" });
  try {
    for (const name of ["old", "new"]) {
      Deno.mkdirSync(`${parent}/${name}`);
      Deno.writeTextFileSync(`${parent}/${name}/main.js`, "");
    }
    test(parent);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

const namesIn = (parent: string) =>
  Array.from(Deno.readDirSync(parent), ({ name }) => name).sort();

Deno.test("sweep() removes a folder when nobody holds it any more", () =>
  inFolder((parent) => {
    const first = ProgramFolder.hold(`${parent}/old`);
    const second = ProgramFolder.hold(`${parent}/old`);
    using _ = ProgramFolder.hold(`${parent}/new`);
    ok(first && second);
    first[Symbol.dispose]();
    ProgramFolder.sweep(parent);
    deepEqual(namesIn(parent), ["new", "old"]);
    second[Symbol.dispose]();
    ProgramFolder.sweep(parent);
    deepEqual(namesIn(parent), ["new"]);
  }));

Deno.test("hold() is null when there is no such folder", () =>
  inFolder((parent) => equal(ProgramFolder.hold(`${parent}/none`), null)));

Deno.test("hold() keeps a folder over a change of its name", () =>
  inFolder((parent) => {
    using held = ProgramFolder.hold(`${parent}/old`);
    ok(held);
    Deno.renameSync(`${parent}/old`, `${parent}/other`);
    ProgramFolder.sweep(parent);
    deepEqual(namesIn(parent), ["other"]);
  }));
