import { delay } from "../../helpers/delay.ts";
import type { Fault } from "./fault.ts";

/** Certificates are valid from five minutes before they were made; this many seconds are safe. */
const BACKDATED = 240;

/** The clock of the host jumps, for the daemon and the job host: forth or back. */
export const clockJumps: Fault = {
  name: "the clock jumps",
  missing: ({ server }) =>
    server.clock
      ? null
      : 'it takes libfaketime: install Debian\'s package "faketime"',
  async happen({ server, random }) {
    for (let left = random.int(1, 3); left > 0; left--) {
      await server.clock!.jump(random.int(-BACKDATED, 3_600));
      await delay(random.int(0, 1_500));
    }
  },
};
