import type { Dependent } from "./dependencies.ts";

/** What can be stopped. */
export interface Stoppable extends Dependent {
  /** Asks it to stop; asking again changes nothing. */
  stop(): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

/** Those that name `service` among their needs. */
export function neededBy<T extends Dependent>(
  service: Dependent,
  all: readonly T[],
): T[] {
  return all.filter(({ needs }) => needs?.includes(service.name));
}

/**
 * Asks every service to stop once all that need it have ended, so independent ones side by side.
 * Resolves when all have ended.
 */
export async function stopInOrder(all: readonly Stoppable[]): Promise<void> {
  const stopped = new Map<Stoppable, Promise<void>>();
  const stop = (service: Stoppable): Promise<void> => {
    const known = stopped.get(service);
    if (known) return known;
    const stopping = Promise.all(neededBy(service, all).map(stop)).then(() => {
      service.stop();
      return service.ended;
    });
    stopped.set(service, stopping);
    return stopping;
  };
  await Promise.all(all.map(stop));
}
