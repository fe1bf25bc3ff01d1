import type { EventBus } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";

/** So often certificates are looked at, which end by themselves: ms. */
const RECHECK_MS = 60_000;

/**
 * Calls `recheck`, for the certificates at the other ends of tunnels, when certificates or
 * revocations were read anew, and each minute. Until it is disposed.
 */
export function keepRechecking(
  bus: EventBus<DaemonEvents>,
  recheck: () => void,
): Disposable {
  const reloads = bus.subscribe("CertificatesReloaded");
  void (async () => {
    for await (const _ of reloads) recheck();
  })();
  const timer = setInterval(recheck, RECHECK_MS);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      reloads[Symbol.dispose]();
    },
  };
}
