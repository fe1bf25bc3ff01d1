import type { EventBus } from "../supervisor/mod.ts";
import type { DaemonEvents } from "./events.ts";
import type { RunningDaemon } from "./running_daemon.ts";

/** What a start waits for. */
export interface UntilReadyOptions {
  bus: EventBus<DaemonEvents>;
  /** Gives up. */
  signal: AbortSignal;
}

/**
 * Resolves when a daemon serves, on the network and for the administrator. Else it is shut down.
 *
 * @throws what a critical service failed with, or the signal's reason.
 */
export async function untilReady(
  daemon: RunningDaemon,
  { bus, signal }: UntilReadyOptions,
): Promise<void> {
  using waiting = new DisposableStack();
  const over = new AbortController();
  waiting.defer(() => over.abort());
  try {
    const end = await Promise.race([
      ready(bus, AbortSignal.any([signal, over.signal])),
      daemon.ended,
    ]);
    if (end === null) return;
    throw end.reason === "failed"
      ? end.error
      : new Error("the server ended before it served");
  } catch (error) {
    await daemon.shutdown({ graceful: false });
    throw error;
  }
}

async function ready(
  bus: EventBus<DaemonEvents>,
  signal: AbortSignal,
): Promise<null> {
  await bus.waitFor("ProcessReady", { signal });
  await bus.waitFor("AdminReady", { signal });
  return null;
}
