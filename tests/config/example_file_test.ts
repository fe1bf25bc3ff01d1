import { deepEqual, equal, ok } from "node:assert/strict";
import { exampleFile } from "../../lib/config/example_file.ts";
import { loadServeConfig } from "../../lib/config/load_serve_config.ts";
import { loadEffective } from "../../lib/config/load_serve_config.ts";
import { SETTING_NAMES, SETTINGS } from "../../lib/config/settings.ts";
import { Scratch, sources } from "./scratch.ts";

Deno.test("exampleFile() changes nothing as it is", async () => {
  await using scratch = await Scratch.make();
  const config = [await scratch.file("worker.yaml", exampleFile())];
  deepEqual(
    {
      ...await loadServeConfig(sources({ flags: { config } })),
      configFile: null,
    },
    await loadServeConfig(sources()),
  );
});

Deno.test("exampleFile() shows every setting, its default where there is one", async () => {
  await using scratch = await Scratch.make();
  // Whoever has the role auth, as by default, joins no other.
  const text = exampleFile().replaceAll(/^#(?! \S|join: |$)/gm, "");
  const config = [await scratch.file("worker.yaml", text)];
  const { effective } = await loadEffective(sources({ flags: { config } }));
  deepEqual(effective.map(({ name }) => name), SETTING_NAMES);
  for (const { name, shown, from } of effective) {
    equal(from.kind, name === "join" ? "default" : "file", name);
    const setting = SETTINGS[name];
    if (setting.shape === "one") equal(shown, setting.initial, name);
    if (name === "listen" || name === "roles") {
      deepEqual(shown, SETTINGS[name].initial);
    }
  }
});

Deno.test("exampleFile() is what is given away as dist/worker.yaml", async () => {
  const path = new URL("../../dist/worker.yaml", import.meta.url);
  equal(await Deno.readTextFile(path), exampleFile());
  ok(exampleFile().split("\n").every((line) => line.length <= 80));
});
