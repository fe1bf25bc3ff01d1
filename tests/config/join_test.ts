import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import {
  isTokenOpenToAll,
  keptArguments,
  loadEffective,
  loadServeConfig,
  readJoinToken,
} from "../../lib/config/mod.ts";
import { keptEnvironment } from "../../lib/config/kept_environment.ts";
import { Scratch, sources, toldBy } from "./scratch.ts";

const SECRET = "s".repeat(32);
const TOKEN = `worker-k3v8m2c7-${SECRET}`;
const PIN = `sha256:${"0123456789abcdef".repeat(4)}`;

/** A node that joins. */
const NODE = {
  roles: ["node"],
  proxy: ["a.example:7443"],
  "ca-pin": [PIN],
};

const shownOf = (
  { effective }: Awaited<ReturnType<typeof loadEffective>>,
  name: string,
) => effective.find((one) => one.name === name)?.shown;

Deno.test("loadEffective() shows of a token the part that is no secret", async () => {
  const loaded = await loadEffective(
    sources({ flags: { ...NODE, join: [TOKEN] } }),
  );
  equal(loaded.config.join, TOKEN);
  equal(shownOf(loaded, "join"), "worker-k3v8m2c7-…");
  ok(!JSON.stringify(loaded.effective).includes(SECRET));
  const path = await loadEffective(
    sources({ flags: { ...NODE, join: ["./token"] } }),
  );
  equal(path.config.join, "/work-folder/token");
  equal(shownOf(path, "join"), "/work-folder/token");
});

Deno.test("loadServeConfig() repeats no token in what it tells", async () => {
  for (const join of [`${TOKEN}x`, TOKEN.slice(1), `=${TOKEN}`]) {
    const told = await toldBy(
      loadServeConfig(sources({ flags: { ...NODE, join: [join] } })),
    );
    equal(told.length, 1);
    ok(!told.join().includes(SECRET.slice(1)), told.join());
  }
});

Deno.test("a kept server finds the token in its environment, not in its arguments", async () => {
  await using scratch = await Scratch.make();
  const { folder } = scratch;
  const path = await scratch.file("token", `${TOKEN}\n`);
  const said = [
    sources({ folder, flags: { ...NODE, join: [TOKEN] } }),
    sources({ folder, flags: { ...NODE, join: [path] } }),
    sources({
      folder,
      flags: NODE,
      env: { HOME: "/nowhere", WORKER_SERVE_JOIN: TOKEN },
    }),
  ];
  for (const source of said) {
    const config = await loadServeConfig(source);
    const words = keptArguments(source, { ...config, isOpen: () => false });
    ok(!words.join(" ").includes("join"), words.join(" "));
    const env = await keptEnvironment(config);
    deepEqual(env, { WORKER_SERVE_JOIN: TOKEN });
    const kept = await loadServeConfig(sources({
      flags: { ...NODE, kept: [] },
      // No other variable is read.
      env: { ...env, WORKER_SERVE_NAME: "other", HOME: "/nowhere" },
    }));
    deepEqual([kept.join, kept.name], [TOKEN, config.name]);
  }
  deepEqual(await keptEnvironment({ join: null }), {});
  // What root can't read either is the kept server's to judge: it may not need it any more.
  deepEqual(await keptEnvironment({ join: "/nowhere/token" }), {
    WORKER_SERVE_JOIN: "/nowhere/token",
  });
});

Deno.test("readJoinToken() reads the file of a path, and repeats nothing of it", async () => {
  await using scratch = await Scratch.make();
  equal(await readJoinToken(TOKEN), TOKEN);
  const path = await scratch.file("token", ` ${TOKEN}\n\n`);
  equal(await readJoinToken(path), TOKEN);
  await rejects(readJoinToken(`${path}2`), {
    code: "NOT_FOUND",
    message: /^cannot read the token: there is no file "[^"]*token2"$/,
  });
  await scratch.file("token", `token: ${TOKEN}`);
  await rejects(readJoinToken(path), (error: Error) => {
    ok(!error.message.includes(SECRET));
    return /holds no token: write there/.test(error.message);
  });
});

Deno.test("isTokenOpenToAll() finds files that everybody can read", async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.file("token", TOKEN);
  for (
    const [mode, open] of [[0o600, false], [0o640, false], [
      0o644,
      true,
    ]] as const
  ) {
    await Deno.chmod(path, mode);
    equal(await isTokenOpenToAll(path), open);
  }
  equal(await isTokenOpenToAll(TOKEN), false);
});

Deno.test("loadServeConfig() listens nowhere on a node that is reached through tunnels, unless told to", async () => {
  const listenOf = async (flags: Record<string, string[]>) => {
    const loaded = await loadEffective(sources({ flags }));
    return [loaded.config.listen.length, shownOf(loaded, "listen")];
  };
  const initial = [1, ["0.0.0.0:7443"]];
  const proxy = ["a.example:7443"];
  const publicAddr = { "public-addr": ["b.example:7443"] };
  deepEqual(await listenOf({ roles: ["node"], proxy }), [0, []]);
  deepEqual(
    await listenOf({ roles: ["node"], proxy, listen: ["127.0.0.1:1"] }),
    [1, ["127.0.0.1:1"]],
  );
  deepEqual(await listenOf({ roles: ["node"], proxy, ...publicAddr }), initial);
  deepEqual(
    await listenOf({ roles: ["proxy,node"], proxy, ...publicAddr }),
    initial,
  );
  deepEqual(await listenOf({ proxy }), initial);
  deepEqual(await listenOf({}), initial);
});

Deno.test("loadServeConfig() takes roles with commas, several times, and each once", async () => {
  const { roles } = await loadServeConfig(
    sources({ flags: { roles: ["auth, proxy", "proxy"] } }),
  );
  deepEqual(roles, ["auth", "proxy"]);
});
