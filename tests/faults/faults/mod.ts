import type { Fault } from "./fault.ts";
import { killBoth, killDaemon, killJobHost, restartDaemon } from "./kills.ts";

export type { Fault, Scene } from "./fault.ts";

/** All faults. */
export const FAULTS: readonly Fault[] = [
  killDaemon,
  restartDaemon,
  killJobHost,
  killBoth,
];
