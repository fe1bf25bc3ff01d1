/** `worker install` on a host with systemd: the service, its socket, upgrades, and the end of it. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { isAlive } from "../../helpers/jobs.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { makeBootTargets } from "./boot_targets.ts";
import { isGuest, makeExecutable } from "./builds.ts";
import { connects } from "./connects.ts";
import { isSystemdRunning, systemd } from "./systemd.ts";
import { Unit, UNITS } from "./unit.ts";

/** A guest that is emulated needs seconds to start a program. */
const SLOW = { timeout: 120_000, interval: 200 };

const INSTALLED = "/usr/local/bin/worker";
const PORT = 7443;

Deno.test({
  name:
    "worker install makes a service that is activated, upgraded and removed",
  ignore: !isSystemdRunning() || !isGuest,
  async fn(t) {
    const folder = await Deno.makeTempDir();
    const [first, second] = [`${folder}/first`, `${folder}/second`] as const;
    await makeExecutable(first, "first");
    await makeExecutable(second, "second");
    await makeBootTargets();
    await logTo(`${folder}/log`);
    const service = new Unit("worker.service");
    let job = "";
    let jobPid = 0;
    const jobRunsOn = async () => {
      ok(isAlive(jobPid));
      equal(await run(INSTALLED, "ls", "--quiet", "--state=running"), job);
    };
    /** Steps build on one another: the first that fails is the last. */
    const step = async (name: string, fn: () => Promise<void>) => {
      if (await t.step(name, fn)) return;
      throw new Error(await Deno.readTextFile(`${folder}/log`));
    };

    await step("the service serves when it is installed", async () => {
      match(await run(first, "install"), /^ran {5}systemctl start worker/m);
      ok(service.isActive);
      equal(systemd("systemctl", ["is-enabled", "worker.service"]), "enabled");
      const pid = `${folder}/pid`;
      const script = `echo $$ >${pid}; exec sleep 1000`;
      job = await run(INSTALLED, "start", "sh", "-c", script);
      jobPid = Number(
        await waitFor("the job", () => {
          const text = Deno.readTextFileSync(pid);
          return text.endsWith("\n") && text;
        }, SLOW),
      );
    });

    await step("a second installation leaves it alone", async () => {
      const history = service.history();
      const told = await run(first, "install");
      const did = told.split("\n").filter((line) => !line.startsWith("kept"));
      deepEqual(did, [
        "ran     systemctl daemon-reload",
        "ran     systemctl enable worker.service",
      ]);
      equal(service.history(), history);
    });

    await step("the first connection to its socket starts it", async () => {
      const before = service.mainPid;
      systemd("systemctl", ["disable", "--now", "worker.service"]);
      equal(isAlive(before), false);
      systemd("systemctl", ["enable", "--now", "worker.socket"]);
      equal(service.isActive, false);
      using _ = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
      await waitFor("the service", () => service.isActive, SLOW);
      await jobRunsOn();
    });

    await step("a restart refuses no connection", async () => {
      const before = service.mainPid;
      await using clients = connects(PORT);
      systemd("systemctl", ["restart", "worker.service"]);
      await jobRunsOn();
      notEqual(service.mainPid, before);
      const { accepted, refused } = await clients.end();
      deepEqual(refused, []);
      ok(accepted > 0);
    });

    await step("it is active throughout when it is upgraded", async () => {
      const before = service.mainPid;
      const history = service.history();
      await using clients = connects(PORT);
      const { pid } = JSON.parse(
        await run(INSTALLED, "upgrade", "--json", second),
      );
      await waitFor("the first one's end", () => !isAlive(before), SLOW);
      equal(service.mainPid, pid);
      equal(service.history(), history);
      await jobRunsOn();
      deepEqual((await clients.end()).refused, []);
    });

    await step("worker uninstall --purge leaves nothing", async () => {
      await run(INSTALLED, "stop", job);
      const last = service.mainPid;
      await run(second, "uninstall", "--purge");
      equal(isAlive(last), false);
      equal(service.show("LoadState"), "not-found");
      const gone = [INSTALLED, "/etc/worker", "/var/lib/worker"];
      deepEqual(gone.filter((path) => exists(path)), []);
    });
    await Deno.remove(folder, { recursive: true });
  },
});

/** The guest has no journal. */
async function logTo(path: string): Promise<void> {
  await Deno.mkdir(`${UNITS}/worker.service.d`);
  await Deno.writeTextFile(
    `${UNITS}/worker.service.d/log.conf`,
    `[Service]\nStandardError=append:${path}\n`,
  );
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs a program as root of the guest; what it prints. @throws {Error} with what it said. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args })
    .output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trim()
  );
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${err}`);
  return out!;
}
