/** The watchdog of a service manager over a server that runs as another user. */
import { equal, match } from "node:assert/strict";
import { UnixDatagram } from "../../lib/linux/unix_datagram.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import type { Worker } from "../helpers/worker.ts";
import { daemonPid, startKept } from "./kept_worker.ts";

const ignore = Deno.uid() !== 0;
const WATCHDOG_MS = 3_000;

/** Reads what a service manager is told. */
class Notified implements Disposable {
  readonly #socket: UnixDatagram;
  #messages: string[] = [];

  constructor(path: string) {
    this.#socket = UnixDatagram.bind(path);
  }

  /** How many messages have come with this line. */
  count(line: string): number {
    for (;;) {
      const message = this.#socket.receive();
      if (message === null) break;
      this.#messages.push(new TextDecoder().decode(message));
    }
    return this.#messages.filter((one) => one.split("\n").includes(line))
      .length;
  }

  /** Resolves when one more has come. */
  async more(line: string): Promise<void> {
    const before = this.count(line);
    await waitFor(line, () => this.count(line) > before, { timeout: 30_000 });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

async function watched(
  test: (worker: Worker, notified: Notified) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "worker-watchdog-" });
  try {
    const path = `${folder}/notify`;
    using notified = new Notified(path);
    await using worker = await startKept({
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: `${WATCHDOG_MS * 1_000}` },
    });
    await notified.more("WATCHDOG=1");
    await test(worker, notified);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name:
    "worker serve --run-as feeds the watchdog while the server lives, and so does its replacement",
  ignore,
  fn: () =>
    watched(async (worker, notified) => {
      // Longer than a server that hangs would be left alone.
      for (let count = 0; count < 4; count++) await notified.more("WATCHDOG=1");
      equal(await worker.replace(), 0);
      await waitFor(
        "the new main process",
        () => notified.count(`MAINPID=${worker.pid}`) > 0,
      );
      for (let count = 0; count < 4; count++) await notified.more("WATCHDOG=1");
      equal(notified.count("READY=1"), 2);
      equal(notified.count("STOPPING=1"), 0);
      equal(await worker.stop(), 0);
      equal(notified.count("STOPPING=1"), 1);
    }),
});

Deno.test({
  name:
    "worker serve --run-as ends a server that hangs, and can be started again",
  ignore,
  fn: () =>
    watched(async (worker, notified) => {
      const { stdout: job } = await worker.cli(["start", "sleep", "1000"]);
      const daemon = daemonPid(worker)!;
      Deno.kill(daemon, "SIGSTOP");
      await waitFor("it to be ended", () => !isAlive(daemon), {
        timeout: 10 * WATCHDOG_MS,
      });
      // The keeper ends by itself, so the signal meets nobody or the end.
      equal(await worker.stop("SIGCONT"), 137);
      match(worker.log, /has said nothing for 3000 ms and more: it hangs/);
      equal(notified.count("STOPPING=1"), 0);
      await worker.start();
      const shown = await worker.curl(`/v1/jobs/${job.trim()}`);
      equal(JSON.parse(shown.stdout).state, "running");
    }),
});
