import { systemd } from "./systemd.ts";

/** Folder of units that are gone after the next boot. */
export const UNITS = "/run/systemd/system";

/** What systemd knows of a unit. */
export class Unit {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** A property of `systemctl show`. */
  show(property: string): string {
    const wanted = ["show", `--property=${property}`, "--value", this.name];
    return systemd("systemctl", wanted);
  }

  get mainPid(): number {
    return Number(this.show("MainPID"));
  }

  get isActive(): boolean {
    return this.show("ActiveState") === "active";
  }

  /**
   * When it last changed its state, and how often it was started again: the same text as long as it
   * has been active without interruption, be it for a moment.
   */
  history(): string {
    return systemd("systemctl", [
      "show",
      ...[
        "ActiveState",
        "SubState",
        "StateChangeTimestampMonotonic",
        "InactiveExitTimestampMonotonic",
        "NRestarts",
      ].map((property) => `--property=${property}`),
      this.name,
    ]);
  }

  /** When its watchdog was last fed. */
  get fed(): string {
    return this.show("WatchdogTimestampMonotonic");
  }
}
