/** A server that is a service of a real systemd: what `systemctl restart` does to its jobs. */
import { deepEqual, equal, match } from "node:assert/strict";
import { PidLock } from "../../../lib/jobhost/pid_lock.ts";
import { isAlive } from "../../helpers/jobs.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { makeProgram } from "./builds.ts";
import { isSystemdRunning, systemd } from "./systemd.ts";

const LINES = 60;
const PRINTER =
  `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo line $i; sleep 0.1; done; exit 5`;
/** A guest that is emulated needs seconds to start a program. */
const SLOW = { timeout: 120_000, interval: 200 };

Deno.test({
  name:
    "worker serve as a service loses nothing of its jobs when systemd restarts it",
  ignore: !isSystemdRunning(),
  async fn() {
    using service = await startService("w-serve");
    await service.listens();
    const { stdout } = await service.cli("start", "sh", "-c", PRINTER);
    const id = stdout.trim();
    const jobHost = service.pidIn("jobhost.pid");
    const daemon = service.pidIn("worker.pid");
    match(cgroupOf(jobHost), /\/run-.*\.scope\/worker-\w+\/host$/);
    match(cgroupOf(daemon), /\/w-serve\.service$/);

    const following = service.follow(id);
    await waitFor("the follower to read", () => following.seen(), SLOW);
    systemd("systemctl", ["restart", "w-serve"]);
    equal(isAlive(daemon), false);
    equal(service.pidIn("jobhost.pid"), jobHost);
    const followed = await following.end();
    const lines = Array.from({ length: LINES }, (_, at) => `line ${at + 1}\n`);
    deepEqual([followed.stdout, followed.code], [lines.join(""), 5]);
  },
});

/** A server as a transient service, with systemd's default way to end one: all in its cgroup. */
async function startService(name: string) {
  const folder = Deno.makeTempDirSync();
  const program = `${folder}/worker`;
  await makeProgram(program, "restart");
  const state = `${folder}/state`;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: folder,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? "",
    XDG_CONFIG_HOME: `${folder}/config`,
  };
  systemd("systemd-run", [
    "--quiet",
    "--collect",
    `--unit=${name}`,
    "--service-type=exec",
    "--property=DefaultDependencies=no",
    `--property=StandardError=append:${folder}/log`,
    ...Object.entries(env).map(([key, value]) => `--setenv=${key}=${value}`),
    "--",
    program,
    "serve",
    `--state-dir=${state}`,
    `--listen=127.0.0.1:${freePort()}`,
  ]);
  const pidIn = (file: string) => PidLock.pidIn(`${state}/run/${file}`)!;
  return {
    pidIn,
    listens: () =>
      waitFor("the server to listen", () => {
        try {
          return Deno.statSync(`${state}/run/address`).size > 0 &&
            Deno.readTextFileSync(`${folder}/log`).includes("try:");
        } catch {
          return false;
        }
      }, SLOW),
    /** `worker output -f`: what it has printed, and how it ends. */
    follow(id: string) {
      const child = new Deno.Command(program, {
        args: ["output", "-f", id],
        env,
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let stdout = "";
      const drained = (async () => {
        const text = child.stdout.pipeThrough(new TextDecoderStream());
        for await (const piece of text) stdout += piece;
      })();
      return {
        seen: () => stdout !== "",
        async end() {
          const { code } = await child.status;
          await drained;
          return { stdout, code };
        },
      };
    },
    async cli(...args: string[]) {
      const { code, stdout, stderr } = await new Deno.Command(program, {
        args,
        env,
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      if (err) console.error(err);
      return { code, stdout: out! };
    },
    [Symbol.dispose]() {
      systemd("systemctl", ["stop", name]);
      // It would end by itself, in ten seconds, and has no job.
      Deno.kill(pidIn("jobhost.pid"), "SIGKILL");
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function cgroupOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/cgroup`).trim();
}
