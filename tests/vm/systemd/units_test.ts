import { equal, match, notEqual } from "node:assert/strict";
import { removeCgroup } from "../../../lib/cgroup/remove_cgroup.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { openCommand, type Opened, opened } from "../opened.ts";
import { isSystemdRunning, systemd } from "./systemd.ts";

const TOP = "/sys/fs/cgroup";
const ignore = !isSystemdRunning();

Deno.test({
  name:
    "openCgroups() divides a scope that systemd delegated, as job hosts get",
  ignore,
  async fn() {
    await using process = await opened([
      ...SCOPE,
      "--property=Delegate=yes",
      "--",
      ...openCommand("w-scope"),
    ]);
    const { support } = process;
    equal(support.kind, "ready");
    if (support.kind !== "ready") return;
    match(
      support.path,
      /^\/sys\/fs\/cgroup\/system\.slice\/run-.*\.scope\/w-scope$/,
    );
    equal(support.controllers.join(" "), "memory cpu pids io");
    equal(process.own, `0::${support.path.slice(TOP.length)}/host`);
  },
});

Deno.test({
  name: "openCgroups() keeps out of a scope that systemd did not delegate",
  ignore,
  async fn() {
    {
      await using process = await opened([
        ...SCOPE,
        "--",
        ...openCommand("w-plain"),
      ]);
      const { support, examined } = process;
      equal(support.kind === "ready" && support.path, `${TOP}/w-plain`);
      match(JSON.stringify(examined), /is not delegated/);
    }
    equal(await removeCgroup(`${TOP}/w-plain`, { timeoutMs: 10_000 }), true);
  },
});

Deno.test({
  name: "openCgroups() divides a delegated service, which ends with all in it",
  ignore,
  async fn() {
    using service = startService("w-whole", "control-group");
    const { support } = await service.opened();
    equal(
      support.kind === "ready" && support.path,
      `${TOP}/system.slice/w-whole.service/w-whole`,
    );
    await service.restarted();
  },
});

Deno.test({
  name: "openCgroups() lets a service that its jobs outlive be started again",
  ignore,
  async fn() {
    {
      using service = startService("w-outlive", "process");
      const { support } = await service.opened();
      equal(support.kind === "ready" && support.path, `${TOP}/w-outlive`);
      await service.restarted();
    }
    equal(await removeCgroup(`${TOP}/w-outlive`, { timeoutMs: 10_000 }), true);
  },
});

const SCOPE = ["systemd-run", "--scope", "--collect", "--quiet"];

/** A transient service that opens the cgroups; it is stopped when it is disposed. */
function startService(name: string, killMode: string) {
  const output = Deno.makeTempFileSync();
  systemd("systemd-run", [
    "--quiet",
    "--collect",
    `--unit=${name}`,
    "--service-type=exec",
    "--property=Delegate=yes",
    "--property=DefaultDependencies=no",
    `--property=KillMode=${killMode}`,
    `--property=StandardOutput=truncate:${output}`,
    `--setenv=PATH=${Deno.env.get("PATH")}`,
    `--setenv=DENO_DIR=${Deno.env.get("DENO_DIR") ?? ""}`,
    "--",
    ...openCommand(name, "--stay"),
  ]);
  const mainPid = () =>
    systemd("systemctl", ["show", "--property=MainPID", "--value", name]);
  const seen = () =>
    waitFor("the service's line", () => {
      const text = Deno.readTextFileSync(output);
      return text.endsWith("\n") && JSON.parse(text) as Opened;
    });
  return {
    opened: seen,
    async restarted() {
      const before = mainPid();
      systemd("systemctl", ["restart", name]);
      notEqual(mainPid(), before);
      equal((await seen()).support.kind, "ready");
    },
    [Symbol.dispose]() {
      systemd("systemctl", ["stop", name]);
      Deno.removeSync(output);
    },
  };
}
