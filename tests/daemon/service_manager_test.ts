import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ServiceManager } from "../../lib/daemon/service_manager.ts";
import { UnixDatagram } from "../../lib/linux/unix_datagram.ts";
import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";

const PROCESS = new URL("./service_manager_process.ts", import.meta.url)
  .pathname;

/** A service manager's socket, and a process that it has started. */
async function managed(variables: Record<string, string> = {}) {
  const folder = await Deno.makeTempDir();
  const name = `${folder}/notify`;
  const socket = UnixDatagram.bind(name);
  Deno.env.set("NOTIFY_SOCKET", name);
  for (const [key, value] of Object.entries(variables)) {
    Deno.env.set(key, value);
  }
  const manager = ServiceManager.fromEnvironment();
  return {
    name,
    manager,
    told() {
      const message = socket.receive();
      return message && new TextDecoder().decode(message);
    },
    async [Symbol.asyncDispose]() {
      manager[Symbol.dispose]();
      socket[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("ServiceManager tells each state as sd_notify(3) has it", async () => {
  await using service = await managed();
  const { manager } = service;
  manager.status("starting:\nreads  jobs");
  manager.ready("listening on [::1]:7443");
  manager.reloading();
  manager.extendTimeout(1500);
  manager.mainPid(4711);
  manager.stopping();
  equal(service.told(), "STATUS=starting: reads jobs\n");
  equal(service.told(), "READY=1\nSTATUS=listening on [::1]:7443\n");
  match(service.told() ?? "", /^RELOADING=1\nMONOTONIC_USEC=[1-9]\d*\n$/);
  equal(service.told(), "EXTEND_TIMEOUT_USEC=1500000\n");
  equal(service.told(), "MAINPID=4711\n");
  equal(service.told(), "STOPPING=1\n");
  equal(service.told(), null);
});

Deno.test("fromEnvironment() takes its variables away", async () => {
  await using service = await managed({
    WATCHDOG_USEC: "3000000",
    WATCHDOG_PID: String(Deno.pid),
    LISTEN_FDS: "1",
    LISTEN_PID: "1",
    LISTEN_FDNAMES: "api",
  });
  const left = Object.keys(Deno.env.toObject())
    .filter((name) => /^(?:NOTIFY|WATCHDOG|LISTEN)_/.test(name));
  deepEqual(left, []);
  deepEqual(service.manager.environment, {
    NOTIFY_SOCKET: service.name,
    WATCHDOG_USEC: "3000000",
  });
  equal(service.manager.watchdogMs, 3000);
  deepEqual(service.manager.inheritedSockets(), []);
});

Deno.test("ServiceManager does nothing without a service manager", () => {
  const manager = ServiceManager.fromEnvironment();
  equal(manager.present, false);
  manager.ready();
  using _watchdog = manager.watchdog(() => {
    throw new Error("there is no watchdog to ask for");
  });
  deepEqual([manager.environment, manager.watchdogMs], [{}, null]);
});

Deno.test("ServiceManager goes on when the service manager is gone", async () => {
  const service = await managed();
  service.manager.ready();
  await service[Symbol.asyncDispose]();
  service.manager.stopping();
});

Deno.test("watchdog() feeds only while healthy", async () => {
  await using service = await managed({
    WATCHDOG_USEC: "20000",
    WATCHDOG_PID: String(Deno.pid),
  });
  let healthy = true;
  let asked = 0;
  using _watchdog = service.manager.watchdog(() => {
    asked++;
    return healthy;
  });
  for (let fed = 0; fed < 3; fed++) {
    equal(await waitFor("the watchdog", service.told), "WATCHDOG=1\n");
  }
  healthy = false;
  while (service.told() !== null);
  const before = asked;
  await waitFor("three looks", () => asked >= before + 3);
  equal(service.told(), null);
  healthy = true;
  await waitFor("the watchdog", service.told);
});

for (
  const [name, variables] of [
    ["another process's", { WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" }],
    ["no number", { WATCHDOG_USEC: "20s" }],
  ] as const
) {
  Deno.test(`watchdog() leaves a watchdog alone that is ${name}`, async () => {
    await using service = await managed(variables);
    equal(service.manager.watchdogMs, null);
  });
}

/** What `inheritedSockets()` says in a process that was started with the descriptors 3 and 4. */
async function inherited(variables: string) {
  const { stdout, stderr, code } = await runCommand([
    "/bin/sh",
    "-c",
    `exec 3</dev/null 4</dev/null; export ${variables}; exec "$@"`,
    "sh",
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-check",
    "--allow-all",
    PROCESS,
  ]);
  ok(code === 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("inheritedSockets() takes what is meant for this process, and no child gets it", async () => {
  deepEqual(
    await inherited("LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=api:"),
    {
      sockets: [{ fd: 3, name: "api" }, { fd: 4, name: null }],
      childHas: [],
    },
  );
});

Deno.test("inheritedSockets() is empty when another process is meant", async () => {
  const { sockets } = await inherited("LISTEN_PID=1 LISTEN_FDS=2");
  deepEqual(sockets, []);
});

for (
  const [variables, message] of [
    ["LISTEN_PID=me LISTEN_FDS=1", /LISTEN_PID "me"/],
    ["LISTEN_PID=$$ LISTEN_FDS=-1", /LISTEN_FDS "-1"/],
    ["LISTEN_PID=$$ LISTEN_FDS=1e3", /LISTEN_FDS "1e3"/],
    ["LISTEN_PID=$$ LISTEN_FDS=100000", /LISTEN_FDS "100000".* 256/],
    ["LISTEN_PID=$$ LISTEN_FDS=200", /hands over.* 3 to 202.*not open/],
    ["LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=a", /names 1 sockets/],
  ] as const
) {
  Deno.test(`inheritedSockets() refuses ${variables}`, async () => {
    match((await inherited(variables)).error, message);
  });
}
