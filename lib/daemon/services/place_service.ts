import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import { tellNews } from "../replacement/daemon_news.ts";
import type { DaemonEvents } from "../events.ts";
import type { Place } from "../place.ts";

/** Who waits for this server's news. */
export interface PlaceServiceParts {
  place: Place;
  /** Its keeper does. */
  kept: boolean;
  /** The server whose place it takes does. */
  replaces: boolean;
}

/**
 * Takes the server's place in its state directory: at once, or as soon as the one that it replaces
 * was told that this one serves, and lets go.
 */
export function placeService(
  { place, kept, replaces }: PlaceServiceParts,
): Service<DaemonEvents> {
  return {
    name: "place",
    critical: true,
    endless: true,
    async run(signal, bus) {
      if (kept) {
        // From now on nothing but the job host is missing.
        await bus.waitFor("IdentityReady", { signal });
        tellNews({ type: "bound" });
      }
      await bus.waitFor("ProcessReady", { signal });
      if (kept || replaces) {
        const { addresses } = await bus.waitFor("ApiReady", { signal });
        tellNews({ type: "ready", addresses });
      }
      await place.enter(signal);
      bus.broadcast("PlaceTaken", {});
      await aborted(signal);
    },
  };
}
