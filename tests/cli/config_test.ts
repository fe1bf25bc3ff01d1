import { deepEqual, equal, match } from "node:assert/strict";
import { exampleFile } from "../../lib/config/example_file.ts";
import { SETTING_NAMES } from "../../lib/config/settings.ts";
import { Scratch } from "../config/scratch.ts";
import { runCommand } from "../helpers/command.ts";
import { WORKER_SOURCES } from "../helpers/worker.ts";

const config = (args: string[], env: Record<string, string>) =>
  runCommand([...WORKER_SOURCES, "config", ...args], { env });

Deno.test("worker config check tells every mistake in a line of its own", async () => {
  await using scratch = await Scratch.make();
  const env = { XDG_CONFIG_HOME: scratch.folder };
  const wrong = await scratch.file("wrong.yaml", "keep: 7\nhots: a\n");
  const { code, stdout, stderr } = await config(["check", wrong], env);
  deepEqual([code, stdout], [2, ""]);
  deepEqual(stderr.trimEnd().split("\n"), [
    `worker: ${wrong}:1:7: keep: "7" is a number: write a duration such as "10s", "5m" or "1h30m"`,
    `worker: ${wrong}:2:1: "hots" is not a setting: did you mean "host"?`,
  ]);
});

Deno.test("worker config init writes a file that is fine, and none over another", async () => {
  await using scratch = await Scratch.make();
  const env = { XDG_CONFIG_HOME: scratch.folder };
  const path = `${scratch.folder}/worker.yaml`;
  const first = await config(["init", "--out", path], env);
  deepEqual([first.code, first.stdout, first.stderr], [0, "", ""]);
  equal(await Deno.readTextFile(path), exampleFile());
  const checked = await config(["check", path], env);
  deepEqual([checked.code, checked.stdout], [0, `${path}: fine\n`]);
  const second = await config(["init", "--out", path], env);
  deepEqual([second.code, second.stdout], [1, ""]);
  match(second.stderr, /worker\.yaml" is there already: name another file/);
});

Deno.test("worker config print shows every setting and where it is from", async () => {
  await using scratch = await Scratch.make();
  const path = await scratch.file("worker.yaml", "keep: 1d\nmax-jobs: 8\n");
  const { code, stdout } = await config(
    ["print", "--json", "--max-jobs=9", "--log-level=jobs=debug"],
    { WORKER_SERVE_CONFIG: path, WORKER_SERVE_RESERVE: "1G" },
  );
  equal(code, 0);
  const { file, settings } = JSON.parse(stdout);
  equal(file, path);
  deepEqual(settings.map(({ name }: { name: string }) => name), SETTING_NAMES);
  const changed = settings.filter(({ from }: { from: { kind: string } }) =>
    from.kind !== "default"
  );
  deepEqual(changed, [
    {
      name: "reserve",
      value: "1G",
      from: { kind: "environment", name: "WORKER_SERVE_RESERVE" },
    },
    {
      name: "max-jobs",
      value: "9",
      from: { kind: "flag", name: "--max-jobs" },
    },
    {
      name: "keep",
      value: "1d",
      from: { kind: "file", path, line: 1, column: 7 },
    },
    {
      name: "log-levels",
      value: { jobs: "debug" },
      from: { kind: "flag", name: "--log-level" },
    },
  ]);
});
