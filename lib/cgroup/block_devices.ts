/**
 * The disks of this host as `major:minor`: block devices with hardware behind them, not the loop
 * devices and volumes that end at these.
 */
export function blockDevices(sys = "/sys"): string[] {
  const devices: string[] = [];
  let names: Deno.DirEntry[];
  try {
    names = [...Deno.readDirSync(`${sys}/block`)];
  } catch {
    // No sysfs, or a container that hides it.
    return [];
  }
  for (const { name } of names) {
    const folder = `${sys}/block/${name}`;
    if (!exists(`${folder}/device`)) continue;
    const number = read(`${folder}/dev`);
    // A drive without a medium has no size, and can't be limited.
    if (number && read(`${folder}/size`) !== "0") devices.push(number);
  }
  return devices;
}

/** True for the `major:minor` of a disk, as {@linkcode blockDevices} lists them. */
export function isDisk(number: string, sys = "/sys"): boolean {
  return exists(`${sys}/dev/block/${number}/device`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Null when the device has gone since, or is one that hides its number (a path of a multipath disk). */
function read(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return null;
  }
}
