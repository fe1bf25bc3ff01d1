import { type Changes, output } from "./changes.ts";

/** Whether systemd is the init system of this host, and may be asked. */
export async function systemdRuns(): Promise<boolean> {
  try {
    await Deno.stat("/run/systemd/system");
  } catch {
    return false;
  }
  return (await output(["systemctl", "--version"])).success;
}

/** Whether a unit runs, or is about to. */
export async function isActive(unit: string): Promise<boolean> {
  const { stdout } = await output(["systemctl", "is-active", unit]);
  return ["active", "activating", "reloading"].includes(stdout);
}

/** Lets systemd see units that were written or removed. */
export async function reloadUnits(changes: Changes): Promise<void> {
  await changes.run("systemctl", "daemon-reload");
}
