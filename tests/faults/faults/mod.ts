import { clientsVanish, networkDown, socketsReset } from "./clients.ts";
import { clockJumps } from "./clock.ts";
import { diskFull, killOnFullDisk, restartOnFullDisk } from "./disk.ts";
import type { Fault } from "./fault.ts";
import { garbage } from "./garbage.ts";
import { killBoth, killDaemon, killJobHost, restartDaemon } from "./kills.ts";
import { killBesidePaused, pauseDaemon, pauseJobHost } from "./pauses.ts";
import { rivals, rivalsAfterKill } from "./rivals.ts";

export type { Fault, Scene } from "./fault.ts";

/** All faults. */
export const FAULTS: readonly Fault[] = [
  killDaemon,
  restartDaemon,
  killJobHost,
  killBoth,
  pauseDaemon,
  pauseJobHost,
  killBesidePaused,
  clientsVanish,
  socketsReset,
  networkDown,
  diskFull,
  killOnFullDisk,
  restartOnFullDisk,
  rivals,
  rivalsAfterKill,
  garbage,
  clockJumps,
];
