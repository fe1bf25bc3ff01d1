import { deepEqual } from "node:assert/strict";
import { compareConfigs } from "../../lib/config/compare_configs.ts";
import { loadServeConfig } from "../../lib/config/load_serve_config.ts";
import { SETTINGS } from "../../lib/config/settings.ts";
import { EACH_SETTING } from "./each_setting.ts";
import { Scratch, sources } from "./scratch.ts";

const before = await loadServeConfig(sources());

const NEED_RESTART = [
  "listen",
  "state-dir",
  "cert",
  "key",
  "cacert",
  "roles",
  "name",
  "public-addr",
  "proxy",
  "ca-pin",
  "proxy-group",
  "proxy-generation",
  "run-as",
];

Deno.test("compareConfigs() names each setting that differs, and whether it takes a restart", () => {
  for (const { name, becomes } of EACH_SETTING) {
    const { changed, needRestart } = compareConfigs(before, {
      ...before,
      ...becomes,
    });
    // The three files come and go together.
    const names = "tls" in becomes ? ["cert", "key", "cacert"] : [name];
    deepEqual(
      { changed, needRestart },
      NEED_RESTART.includes(name)
        ? { changed: [], needRestart: names }
        : { changed: names, needRestart: [] },
    );
    deepEqual(SETTINGS[name].reload, !NEED_RESTART.includes(name));
  }
});

Deno.test("compareConfigs() goes on with what takes a restart as it was", () => {
  const after = { ...before, maxJobs: 3, stateDir: "/other", runAs: "other" };
  const { config } = compareConfigs(before, after);
  deepEqual(config, { ...before, maxJobs: 3 });
  // The next reload says it again.
  deepEqual(compareConfigs(config, after).needRestart, ["state-dir", "run-as"]);
});

Deno.test("compareConfigs() leaves a server what it is in its cluster until it is started again", () => {
  const after = {
    ...before,
    roles: ["node" as const],
    listen: [],
    name: "other",
    labels: { env: "prod" },
    join: "/x/token",
  };
  const { config, changed, needRestart } = compareConfigs(before, after);
  deepEqual(config, { ...before, labels: { env: "prod" } });
  deepEqual([changed, needRestart], [["label"], [
    "listen",
    "roles",
    "name",
    "join",
  ]]);
});

Deno.test("compareConfigs() finds no difference where a file only says it otherwise", async () => {
  await using scratch = await Scratch.make();
  const read = async (text: string) => {
    const config = [await scratch.file("worker.yaml", text)];
    return await loadServeConfig(sources({ flags: { config } }));
  };
  const { changed, needRestart } = compareConfigs(
    await read("keep: 60m\nlog-levels: {jobs: debug, http: info}\n"),
    await read("log-levels: {http: info, jobs: debug}\nkeep: 1h\n"),
  );
  deepEqual([changed, needRestart], [[], []]);
});
