/**
 * Runs one scenario under a subreaper and prints what came of it as JSON. A process of its own,
 * because a subreaper takes every child that it does not know for an orphan.
 */
import { join } from "node:path";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { ownChildren } from "../../lib/jobs/proc.ts";
import { isAlive, until } from "../helpers/jobs.ts";

const directory = await Deno.makeTempDir({ prefix: "worker-subreaper-" });
const jobs = new JobSupervisor({
  directory: join(directory, "jobs"),
  subreaper: true,
  endTimes: { drain: 50, leftoverGrace: 100 },
});

const start = (script: string) =>
  jobs.start({ command: "sh", args: ["-c", script], cwd: directory }, {
    owner: "test",
  });

/** The pid that a script has written, once it has. */
async function pidIn(file: string): Promise<number> {
  const read = () => Deno.readTextFile(join(directory, file)).catch(() => "");
  await until(async () => (await read()).endsWith("\n"), { what: file });
  return Number(await read());
}

/** A sleeper whose parents have ended, in a session of its own. They end when it is a sleeper. */
const escape = (file: string, how = "") =>
  `setsid ${how} sh -c 'sleep 1000 & ` +
  `until grep -q sleep /proc/$!/comm; do :; done; echo $! > ${file}'`;

const gone = (pid: number) =>
  Deno.stat(`/proc/${pid}`).then(() => false, () => true);

const noChildren = () =>
  until(() => ownChildren().length === 0, { what: "children to be reaped" });

const SCENARIOS: Record<string, () => Promise<unknown>> = {
  async stopped() {
    const { id } = await start(
      `${escape("pid")} </dev/null >/dev/null 2>&1; exec sleep 1000`,
    );
    const pid = await pidIn("pid");
    const { state } = await jobs.stop(id, { grace: 50 });
    await noChildren();
    return { state, gone: await gone(pid) };
  },

  async left() {
    const { id } = await start(
      `${escape("pid")} </dev/null >/dev/null 2>&1; exit 3`,
    );
    const { exit, leftovers } = await jobs.get(id, { wait: true });
    const pid = await pidIn("pid");
    await noChildren();
    const left = leftovers.map(({ pid: _, ...rest }) => rest);
    return {
      code: exit!.code,
      left,
      same: leftovers[0]?.pid === pid,
      gone: await gone(pid),
    };
  },

  async cleared() {
    const { id } = await start(
      `${escape("pid", "env -i PATH=$PATH")} </dev/null 2>/dev/null; exit 0`,
    );
    const { state, leftovers } = await jobs.get(id, { wait: true });
    const pid = await pidIn("pid");
    await noChildren();
    return {
      state,
      left: leftovers.map((left) => ({ ...left, pid: left.pid === pid })),
      gone: await gone(pid),
    };
  },

  async others() {
    const escaped = await start(
      `${escape("pid")} </dev/null >/dev/null 2>&1; exec sleep 1000`,
    );
    const pid = await pidIn("pid");
    const other = await start("(sleep 0.01 &); exit 5");
    const { exit } = await jobs.get(other.id, { wait: true });
    const survived = isAlive(pid);
    await jobs.stop(escaped.id, { grace: 50 });
    await noChildren();
    return { code: exit!.code, survived, gone: await gone(pid) };
  },

  async codes() {
    const go = join(directory, "go");
    const started = await Promise.all(
      Array.from({ length: 50 }, (_, code) =>
        // Each leaves an orphan that ends at the same time, to be reaped in between.
        start(
          `(while [ ! -e ${go} ]; do sleep 0.05; done &); ` +
            `while [ ! -e ${go} ]; do sleep 0.05; done; exit ${code}`,
        )),
    );
    await Deno.writeTextFile(go, "");
    const ended = await Promise.all(
      started.map(({ id }) => jobs.get(id, { wait: true })),
    );
    await noChildren();
    return ended.map(({ exit }) => exit!.code);
  },
};

try {
  console.log(JSON.stringify(await SCENARIOS[Deno.args[0]!]!()));
} finally {
  await jobs[Symbol.asyncDispose]();
  await Deno.remove(directory, { recursive: true });
}
