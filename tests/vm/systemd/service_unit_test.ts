/** The unit that `worker install` writes, below a real systemd. */
import { equal, match, notEqual, ok } from "node:assert/strict";
import { serviceUnit } from "../../../cli/install/units.ts";
import { PidLock } from "../../../lib/jobhost/pid_lock.ts";
import { isAlive } from "../../helpers/jobs.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { makeProgram } from "./builds.ts";
import { isSystemdRunning, systemd } from "./systemd.ts";
import { Unit, UNITS } from "./unit.ts";

/** A guest that is emulated needs seconds to start a program. */
const SLOW = { timeout: 120_000, interval: 200 };

const NAME = "w-unit";

Deno.test({
  name: "serviceUnit() makes a service of systemd whose jobs outlive it",
  ignore: !isSystemdRunning(),
  async fn(t) {
    await using service = await installed();
    const { unit } = service;
    let job = "";
    let jobPid = 0;

    await t.step("is active when the server serves", async () => {
      systemd("systemctl", ["start", NAME]);
      ok(unit.isActive);
      // Type=notify: whoever waited for the start may connect.
      job = await service.cli("start", "--name=sleeper", "sleep", "1000");
      const { pid } = JSON.parse(await service.cli("status", "--json", job));
      jobPid = pid;
      ok(isAlive(jobPid));
    });

    await t.step("reloads, and is active again", async () => {
      const before = unit.mainPid;
      await service.settings("max-jobs: 7\n");
      systemd("systemctl", ["reload", NAME]);
      await waitFor("the reload", () => unit.isActive, SLOW);
      equal(unit.mainPid, before);
    });

    await t.step("is active throughout when it is replaced", async () => {
      const before = unit.mainPid;
      const history = unit.history();
      systemd("systemctl", [
        "kill",
        "--kill-whom=main",
        "--signal=USR2",
        NAME,
      ]);
      await waitFor("another server", () => unit.mainPid !== before, SLOW);
      await waitFor("the first one's end", () => !isAlive(before), SLOW);
      const after = unit.mainPid;
      for (const time of ["first", "second"]) {
        const { fed } = unit;
        const isFed = () => unit.fed !== fed;
        await waitFor(`its watchdog's ${time} meal`, isFed, SLOW);
      }
      equal(unit.history(), history);
      equal(unit.mainPid, after);
      ok(isAlive(jobPid));
      equal(await service.cli("ls", "--quiet", "--state=running"), job);
    });

    await t.step("leaves jobs alone when it stops", () => {
      const last = unit.mainPid;
      systemd("systemctl", ["stop", NAME]);
      equal(unit.show("ActiveState"), "inactive");
      equal(unit.show("Result"), "success");
      equal(isAlive(last), false);
      ok(isAlive(jobPid));
    });

    await t.step("finds them when it starts", async () => {
      systemd("systemctl", ["start", NAME]);
      equal(await service.cli("ls", "--quiet", "--state=running"), job);
      ok(isAlive(jobPid));
    });

    await t.step("is ended by its watchdog when it hangs", async () => {
      const before = unit.mainPid;
      Deno.kill(before, "SIGSTOP");
      const isBack = () => unit.mainPid !== before && unit.isActive;
      await waitFor("another server", isBack, SLOW);
      notEqual(unit.show("NRestarts"), "0");
      ok(isAlive(jobPid));
      equal(await service.cli("ls", "--quiet", "--state=running"), job);
    });

    await t.step(
      "does not start again what is wrongly configured",
      async () => {
        systemd("systemctl", ["stop", NAME]);
        await service.settings("max-job: 7\n");
        const restarts = unit.show("NRestarts");
        const { success } = new Deno.Command("systemctl", {
          args: ["start", NAME],
          stderr: "null",
        }).outputSync();
        equal(success, false);
        equal(unit.show("ActiveState"), "failed");
        equal(unit.show("NRestarts"), restarts);
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
  await makeProgram(executable, "unit");
  await Deno.writeTextFile(config, "");
  await Deno.writeTextFile(
    `${UNITS}/${NAME}.service`,
    serviceUnit({ executable, config, stateDir }),
  );
  await Deno.mkdir(`${UNITS}/${NAME}.service.d`, { recursive: true });
  await Deno.writeTextFile(
    `${UNITS}/${NAME}.service.d/guest.conf`,
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
    unit: new Unit(NAME),
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
      await Deno.remove(`${UNITS}/${NAME}.service`);
      await Deno.remove(`${UNITS}/${NAME}.service.d`, { recursive: true });
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
