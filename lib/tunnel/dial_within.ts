import type { Clock } from "../clock.ts";
import type { AgentConnection } from "./agent_connection.ts";

export interface DialWithinOptions {
  clock: Clock;
  /** Milliseconds for all of it: resolving, connecting, the handshake. */
  timeoutMs: number;
  /** Each of them ends the dial, with its reason. */
  signals: readonly AbortSignal[];
}

/**
 * Dials with a deadline. Settles at the deadline or an abort even when `dial` takes no notice; a
 * connection that comes too late is closed.
 *
 * @throws what `dial` threw, the reason of the abort, or an error that tells of the deadline.
 */
export async function dialWithin(
  dial: (signal: AbortSignal) => Promise<AgentConnection>,
  { clock, timeoutMs, signals }: DialWithinOptions,
): Promise<AgentConnection> {
  for (const signal of signals) signal.throwIfAborted();
  const controller = new AbortController();
  const cut = Promise.withResolvers<never>();
  const abort = (reason: unknown) => {
    controller.abort(reason);
    cut.reject(reason);
  };
  const cancel = clock.after(
    timeoutMs,
    () => abort(new Error(`no handshake within ${timeoutMs} ms`)),
  );
  using links = new DisposableStack();
  links.defer(cancel);
  for (const signal of signals) {
    const follow = () => abort(signal.reason);
    signal.addEventListener("abort", follow, { once: true });
    links.defer(() => signal.removeEventListener("abort", follow));
  }
  const dialled = dial(controller.signal);
  try {
    return await Promise.race([dialled, cut.promise]);
  } catch (error) {
    dialled.then((late) => late.close()).catch(() => {
      // It failed as well, as it should have: the reason of the cut is what counts.
    });
    throw error;
  }
}
