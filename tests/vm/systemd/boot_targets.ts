import { systemd } from "./systemd.ts";
import { UNITS } from "./unit.ts";

/** Those that units of services and sockets depend on, on any host. */
const TARGETS = ["sysinit", "basic", "sockets", "multi-user", "shutdown"];

/** Gives the guest, which boots straight into its tests, the targets that a host boots through. */
export async function makeBootTargets(): Promise<void> {
  for (const name of TARGETS) {
    await Deno.writeTextFile(
      `${UNITS}/${name}.target`,
      `[Unit]\nDescription=${name}\nDefaultDependencies=no\n`,
    );
  }
  systemd("systemctl", ["daemon-reload"]);
}
