import { deepEqual, equal } from "node:assert/strict";
import { flagValues } from "../../cli/serve/serve_options.ts";
import { serveCommand } from "../../cli/serve.ts";
import { keptArguments } from "../../lib/config/kept_arguments.ts";
import {
  type ConfigSources,
  loadServeConfig,
} from "../../lib/config/load_serve_config.ts";
import { EACH_SETTING } from "./each_setting.ts";
import { Scratch, sources } from "./scratch.ts";

/** The configuration of the server that is started with these words, elsewhere. */
function keptBy(words: readonly string[]) {
  const command = serveCommand();
  command.parseOptions(["--state-dir=/x/state", "--kept", ...words]);
  return loadServeConfig(sources({
    flags: { ...flagValues(command.opts()), kept: [] },
    // What is in its environment says nothing.
    env: { WORKER_SERVE_KEEP: "1s", WORKER_SERVE_MAX_JOBS: "1" },
    folder: "/",
  }));
}

/** The words for it, on a host where everybody may look for the system's file. */
async function wordsFor(said: ConfigSources): Promise<string[]> {
  const { configFile } = await loadServeConfig(said);
  return keptArguments(said, { configFile, isOpen: () => true });
}

const ALL = Object.fromEntries(
  EACH_SETTING.map(({ name, flags }) => [name, flags]),
);

Deno.test("keptArguments() says every flag again", async () => {
  const { "log-levels": levels = [], ...flags } = ALL;
  const said = sources({
    flags: { ...flags, "log-level": [...flags["log-level"]!, ...levels] },
  });
  deepEqual(await keptBy(await wordsFor(said)), {
    ...await loadServeConfig(said),
    kept: true,
  });
});

Deno.test("keptArguments() says variables as flags, below the flags", async () => {
  const said = sources({
    flags: { keep: ["1d"], cert: ["a.crt"] },
    env: {
      HOME: "/nowhere",
      WORKER_SERVE_KEEP: "2d",
      WORKER_SERVE_KEY: "tls/a.key",
      WORKER_SERVE_CACERT: "/x/ca.crt",
      WORKER_SERVE_LISTEN: ":80,:81",
      WORKER_SERVE_LOG_LEVELS: "jobs=debug",
    },
  });
  const { stateDir: _, ...config } = await loadServeConfig(said);
  const { stateDir, ...kept } = await keptBy(await wordsFor(said));
  deepEqual(kept, { ...config, kept: true });
  equal(stateDir, "/x/state");
});

Deno.test("keptArguments() names the file, so that a reload reads it again", async () => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  const path = await scratch.file("worker.yaml", "keep: 1d\nmax-jobs: 2\n");
  const said = sources({
    folder,
    flags: { config: ["worker.yaml"], "max-jobs": ["3"] },
  });
  const words = await wordsFor(said);
  deepEqual(words, [`--config=${path}`, "--max-jobs=3"]);
  equal((await keptBy(words)).configFile, path);
  await scratch.file("worker.yaml", "keep: 2d\nmax-jobs: 9\n");
  const { maxAge, maxJobs } = await keptBy(words);
  deepEqual([maxAge, maxJobs], [2 * 86_400_000, 3]);
});

Deno.test("keptArguments() names no file in root's home unless there is one", async () => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  const said = sources({ env: { XDG_CONFIG_HOME: folder }, uid: 0 });
  const system = "--optional-config=/etc/worker/worker.yaml";
  const closed = { configFile: null, isOpen: () => false };
  deepEqual(keptArguments(said, { ...closed, isOpen: () => true }), [system]);
  deepEqual(keptArguments(said, closed), []);

  const path = await scratch.file("worker/worker.yaml", "keep: 1d\n");
  const own = `--optional-config=${path}`;
  const found = { configFile: path, isOpen: () => false };
  deepEqual(keptArguments(said, found), [own]);
  deepEqual(keptArguments(said, { ...found, isOpen: () => true }), [
    system,
    own,
  ]);
  equal((await keptBy([own])).configFile, path);
  await Deno.remove(path);
  equal((await keptBy([own])).configFile, null);
});
