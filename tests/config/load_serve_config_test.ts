import { deepEqual, equal, ok, throws } from "node:assert/strict";
import type { ConfigSources } from "../../lib/config/load_serve_config.ts";
import {
  loadEffective,
  loadServeConfig,
} from "../../lib/config/load_serve_config.ts";
import type { ServeConfig } from "../../lib/config/serve_config.ts";
import { SETTING_NAMES, variableOf } from "../../lib/config/settings.ts";
import { EACH_SETTING, type EachSetting } from "./each_setting.ts";
import { Scratch, sources, toldBy } from "./scratch.ts";

const DEFAULTS: ServeConfig = {
  stateDir: "/home/me/.local/state/worker",
  listen: [{ hostname: "0.0.0.0", port: 7443 }],
  tls: null,
  hosts: [],
  roles: ["auth", "proxy", "node"],
  name: Deno.hostname(),
  labels: {},
  publicAddrs: [],
  proxies: [],
  join: null,
  caPins: [],
  deployment: { group: "default", generation: 0 },
  outputCap: 256 * 2 ** 20,
  maxAge: 7 * 86_400_000,
  maxJobs: Infinity,
  outputTotal: 10 * 2 ** 30,
  reserve: null,
  shutdownTimeout: 10_000,
  log: { level: "info", levels: {} },
  audit: { fileSize: 16 * 2 ** 20, keep: 90 * 86_400_000 },
  runAs: null,
  kept: false,
  configFile: null,
};

const HOME = { HOME: "/home/me" };

/** What must be said with a setting: cert, key and cacert are one. */
const together = ({ name }: EachSetting): readonly EachSetting[] =>
  EACH_SETTING.filter((one) =>
    one.name === name ||
    [one.name, name].every((each) => ["cert", "key", "cacert"].includes(each))
  );

const asFlags = (all: readonly EachSetting[]) =>
  Object.fromEntries(all.map(({ name, flags }) => [
    name === "log-levels" ? "log-level" : name,
    flags,
  ]));

const asVariables = (all: readonly EachSetting[]) =>
  Object.fromEntries(
    all.map(({ name, variable }) => [variableOf(name), variable]),
  );

const asYaml = (all: readonly EachSetting[]) =>
  all.map(({ yaml }) => yaml).join("");

Deno.test("loadServeConfig() answers the defaults when nobody says anything", async () => {
  deepEqual(await loadServeConfig(sources({ env: HOME })), DEFAULTS);
});

Deno.test("loadServeConfig() reads every setting from flags, environment and file", async (t) => {
  await using scratch = await Scratch.make();
  deepEqual(
    EACH_SETTING.map(({ name }) => name),
    SETTING_NAMES.filter((name) => name !== "join"),
  );
  for (const each of EACH_SETTING) {
    const all = together(each);
    const file = await scratch.file(`${each.name}.yaml`, asYaml(all));
    const cases: [string, Partial<ConfigSources>, string | null][] = [
      ["flag", { flags: asFlags(all) }, null],
      ["environment", { env: { ...HOME, ...asVariables(all) } }, null],
      ["file", { flags: { config: [file] } }, file],
    ];
    for (const [kind, said, configFile] of cases) {
      await t.step(`${each.name} from ${kind}`, async () => {
        const { config, effective } = await loadEffective(
          sources({ env: HOME, ...said }),
        );
        deepEqual(config, { ...DEFAULTS, ...each.becomes, configFile });
        const { shown, from } = effective.find(({ name }) =>
          name === each.name
        )!;
        deepEqual([shown, from.kind], [each.shown, kind]);
      });
    }
  }
});

Deno.test("loadServeConfig() prefers flags to the environment, and that to the file", async () => {
  await using scratch = await Scratch.make();
  const file = await scratch.file(
    "worker.yaml",
    "keep: 1d\nmax-jobs: 1\nreserve: 1K\nhost: [a, b]\nlog-levels: {jobs: debug}\n",
  );
  const { config, effective } = await loadEffective(sources({
    flags: { config: [file], keep: ["2d", "3d"], host: ["c"] },
    env: {
      ...HOME,
      WORKER_SERVE_KEEP: "4d",
      WORKER_SERVE_MAX_JOBS: "2",
      WORKER_SERVE_HOST: "d",
      WORKER_SERVE_LOG_LEVELS: "http=error",
      // Empty is as good as absent; the client's says nothing here.
      WORKER_SERVE_RESERVE: "",
      WORKER_CERT: "/client.crt",
    },
  }));
  equal(config.maxAge, 3 * 86_400_000);
  equal(config.maxJobs, 2);
  equal(config.reserve, 1024);
  deepEqual(config.hosts, ["c"]);
  deepEqual(config.log.levels, { http: "error" });
  equal(config.tls, null);
  deepEqual(effective.find(({ name }) => name === "reserve")?.from, {
    kind: "file",
    path: file,
    line: 3,
    column: 10,
  });
});

Deno.test("loadServeConfig() tells what is wrong in every source at once, also below a stronger one", async () => {
  await using scratch = await Scratch.make();
  const file = await scratch.file("worker.yaml", "keep: long\nhots: a\n");
  const told = await toldBy(loadServeConfig(sources({
    flags: {
      config: [file],
      keep: ["1d"],
      listen: ["here"],
      "log-level": ["loud", "nothing=info"],
      cert: ["a.pem"],
    },
    env: {
      ...HOME,
      WORKER_SERVE_MAX_JOBS: "0",
      WORKER_SERVE_MAXJOBS: "1",
      WORKER_SERVE_REPLICAS: "1",
      WORKER_SERVE_LOG_LEVELS: "debug",
    },
  })));
  deepEqual(
    told.sort(),
    [
      `${file}:1:7: keep: "long" is not a duration: write for example "10s", "5m" or "1h30m"`,
      `${file}:2:1: "hots" is not a setting: did you mean "host"?`,
      `--cert: "/work-folder/a.pem" is given without key and cacert, and the three belong together: give cert, key and cacert, or none for certificates of the server's own`,
      `--listen: "here" is not an address: write for example "127.0.0.1:7443", "[::1]:7443" or ":7443"`,
      `--log-level: "loud" is not a level: write debug, info, warning, error`,
      `--log-level: "nothing" is not a part of the log: write one of audit, certs, cluster, daemon, http, jobhost, jobs, listener, supervisor, tunnel`,
      `WORKER_SERVE_LOG_LEVELS: "debug" has no part of the log: write for example "audit=debug"`,
      `WORKER_SERVE_MAXJOBS: "WORKER_SERVE_MAXJOBS" is not a variable of \`worker serve\`: did you mean "WORKER_SERVE_MAX_JOBS"?`,
      `WORKER_SERVE_MAX_JOBS: "0" is not a number of jobs: write for example "8", or leave it out for no limit`,
      `WORKER_SERVE_REPLICAS: "WORKER_SERVE_REPLICAS" is not a variable of \`worker serve\`: see \`worker config init\` for the settings`,
    ].sort(),
  );
});

Deno.test("loadServeConfig() resolves paths of a file against its folder, others against the working directory", async () => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  await scratch.file("etc/worker.yaml", "cert: tls/a.crt\nkey: ../a.key\n");
  const { tls, stateDir, configFile } = await loadServeConfig(sources({
    folder,
    flags: { config: ["etc/worker.yaml"], cacert: ["ca.crt"] },
    env: { WORKER_SERVE_STATE_DIR: "state" },
  }));
  deepEqual(tls, {
    cert: `${folder}/etc/tls/a.crt`,
    key: `${folder}/a.key`,
    ca: `${folder}/ca.crt`,
  });
  deepEqual([stateDir, configFile], [
    `${folder}/state`,
    `${folder}/etc/worker.yaml`,
  ]);
});

Deno.test("loadServeConfig() finds the user's file, and prefers the one that is named", async () => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  const own = await scratch.file("config/worker/worker.yaml", "keep: 1d\n");
  const home = await scratch.file("home/.config/worker/worker.yaml", "");
  const named = await scratch.file("named.yaml", "keep: 2d\n");
  const flagged = await scratch.file("flagged.yaml", "keep: 3d\n");
  const env = { XDG_CONFIG_HOME: `${folder}/config`, HOME: `${folder}/home` };
  const fileOf = async (more: Partial<ConfigSources>) =>
    (await loadServeConfig(sources(more))).configFile;
  equal(await fileOf({ env }), own);
  equal(await fileOf({ env: { ...env, XDG_CONFIG_HOME: "config" } }), home);
  const both = { ...env, WORKER_SERVE_CONFIG: named };
  equal(await fileOf({ env: both }), named);
  equal(await fileOf({ env: both, flags: { config: [flagged] } }), flagged);
});

Deno.test("loadServeConfig() answers what nobody can change", async () => {
  const config = await loadServeConfig(sources({
    flags: { host: ["a"], "log-level": ["jobs=debug"] },
  }));
  const parts: object[] = [
    config,
    config.listen,
    config.listen[0]!,
    config.hosts,
    config.log,
    config.log.levels,
    config.audit,
  ];
  ok(parts.every((part) => Object.isFrozen(part)));
  throws(() => (config.hosts as string[]).push("b"), TypeError);
});
