/** The unit that `worker install` writes, below a real systemd. */
import { equal, match, notEqual, ok } from "node:assert/strict";
import { serviceUnit } from "../../../cli/install/units.ts";
import { PidLock } from "../../../lib/jobhost/pid_lock.ts";
import { isAlive } from "../../helpers/jobs.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { isSystemdRunning, systemd } from "./systemd.ts";

/** A guest that is emulated needs seconds to start a program. */
const SLOW = { timeout: 120_000, interval: 200 };

const NAME = "w-unit";
const MAIN = new URL("../../../main.ts", import.meta.url).pathname;
/** The built program, where the guest has it; else its sources. */
const PROGRAM = Deno.env.get("WORKER_BIN") ??
  `${Deno.execPath()} run --quiet --no-check --cached-only --allow-all ${MAIN}`;

Deno.test({
  name: "serviceUnit() makes a service of systemd whose jobs outlive it",
  ignore: !isSystemdRunning(),
  async fn(t) {
    await using service = await installed();
    let job = "";
    let jobPid = 0;

    await t.step("is active when the server serves", async () => {
      systemd("systemctl", ["start", NAME]);
      equal(service.show("ActiveState"), "active");
      // Type=notify: whoever waited for the start may connect.
      job = await service.cli("start", "--name=sleeper", "sleep", "1000");
      const { pid } = JSON.parse(await service.cli("status", "--json", job));
      jobPid = pid;
      ok(isAlive(jobPid));
    });

    await t.step("reloads, and is active again", async () => {
      const before = service.show("MainPID");
      await service.settings("max-jobs: 7\n");
      systemd("systemctl", ["reload", NAME]);
      await waitFor(
        "the reload",
        () => service.show("ActiveState") === "active",
        SLOW,
      );
      equal(service.show("MainPID"), before);
    });

    await t.step("leaves jobs alone when it stops", () => {
      systemd("systemctl", ["stop", NAME]);
      equal(service.show("ActiveState"), "inactive");
      equal(service.show("Result"), "success");
      ok(isAlive(jobPid));
    });

    await t.step("finds them when it starts", async () => {
      systemd("systemctl", ["start", NAME]);
      equal(await service.cli("ls", "--quiet", "--state=running"), job);
      ok(isAlive(jobPid));
    });

    await t.step("is ended by its watchdog when it hangs", async () => {
      const before = service.show("MainPID");
      Deno.kill(Number(before), "SIGSTOP");
      await waitFor("another server", () => {
        return service.show("MainPID") !== before &&
          service.show("ActiveState") === "active";
      }, SLOW);
      notEqual(service.show("NRestarts"), "0");
      ok(isAlive(jobPid));
      equal(await service.cli("ls", "--quiet", "--state=running"), job);
    });

    await t.step(
      "does not start again what is wrongly configured",
      async () => {
        systemd("systemctl", ["stop", NAME]);
        await service.settings("max-job: 7\n");
        const restarts = service.show("NRestarts");
        const { success } = new Deno.Command("systemctl", {
          args: ["start", NAME],
          stderr: "null",
        }).outputSync();
        equal(success, false);
        equal(service.show("ActiveState"), "failed");
        equal(service.show("NRestarts"), restarts);
        match(service.log(), /max-job/);
        await service.settings("");
        systemd("systemctl", ["start", NAME]);
        await service.cli("stop", job);
        systemd("systemctl", ["stop", NAME]);
      },
    );
  },
});

/** The unit in a folder of systemd, with what only this guest needs as a drop-in. */
async function installed() {
  const folder = await Deno.makeTempDir();
  const [executable, config, stateDir] = [
    `${folder}/worker`,
    `${folder}/worker.yaml`,
    `${folder}/state`,
  ] as const;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: folder,
    DENO_DIR: Deno.env.get("DENO_DIR") ?? "",
    XDG_CONFIG_HOME: `${folder}/config`,
  };
  const units = "/run/systemd/system";
  await Deno.writeTextFile(
    executable,
    `#!/bin/sh\nexec ${PROGRAM} "$@"\n`,
    { mode: 0o755 },
  );
  await Deno.writeTextFile(config, "");
  await Deno.writeTextFile(
    `${units}/${NAME}.service`,
    serviceUnit({ executable, config, stateDir }),
  );
  await Deno.mkdir(`${units}/${NAME}.service.d`, { recursive: true });
  await Deno.writeTextFile(
    `${units}/${NAME}.service.d/guest.conf`,
    [
      "[Unit]",
      // The guest has none of the targets that a host boots through.
      "DefaultDependencies=no",
      "[Service]",
      "WatchdogSec=10s",
      `StandardError=append:${folder}/log`,
      ...Object.entries({
        ...env,
        WORKER_SERVE_STATE_DIR: stateDir,
        WORKER_SERVE_LISTEN: `127.0.0.1:${freePort()}`,
      }).map(([key, value]) => `Environment=${key}=${value}`),
      "",
    ].join("\n"),
  );
  systemd("systemctl", ["daemon-reload"]);
  return {
    show: (property: string) =>
      systemd("systemctl", ["show", `--property=${property}`, "--value", NAME]),
    settings: (text: string) => Deno.writeTextFile(config, text),
    log: () => Deno.readTextFileSync(`${folder}/log`),
    /** Runs the client; what it prints. */
    async cli(...args: string[]) {
      const { success, stdout, stderr } = await new Deno.Command(executable, {
        args,
        env,
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      if (!success) throw new Error(`worker ${args.join(" ")}: ${err}`);
      return out!.trim();
    },
    async [Symbol.asyncDispose]() {
      systemd("systemctl", ["stop", NAME]);
      const jobHost = PidLock.pidIn(`${stateDir}/run/jobhost.pid`);
      // It would end by itself, in ten seconds, and has no job.
      if (jobHost !== null && isAlive(jobHost)) Deno.kill(jobHost, "SIGKILL");
      await Deno.remove(`${units}/${NAME}.service`);
      await Deno.remove(`${units}/${NAME}.service.d`, { recursive: true });
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
