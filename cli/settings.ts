import {
  type Profile,
  profilePath,
  readProfile,
} from "../lib/config/profile.ts";
import { findAdminSocket } from "./admin_socket.ts";
import { type ParsedArguments, valueOf } from "./command.ts";
import { UsageError } from "./exit_error.ts";

/** Names of the settings; they are flags, `WORKER_…` variables and fields of the profile. */
export const SETTING_NAMES = ["addr", "cacert", "cert", "key"] as const;

export type SettingName = (typeof SETTING_NAMES)[number];

/** A setting and where it is from, for messages. */
export interface Setting {
  value: string;
  from: "flag" | "environment" | "profile";
}

/** What is known about the server: each setting from its flag, the environment or the profile. */
export async function findSettings(
  typed: ParsedArguments,
): Promise<Partial<Record<SettingName, Setting>>> {
  const found: Partial<Record<SettingName, Setting>> = {};
  for (const name of SETTING_NAMES) {
    const flag = valueOf(typed, name);
    const variable = Deno.env.get(`WORKER_${name.toUpperCase()}`);
    if (flag) found[name] = { value: flag, from: "flag" };
    else if (variable) found[name] = { value: variable, from: "environment" };
  }
  if (SETTING_NAMES.every((name) => found[name])) return found;
  const profile = await readProfile();
  for (const name of SETTING_NAMES) {
    if (profile !== null) {
      found[name] ??= { value: profile[name], from: "profile" };
    }
  }
  return found;
}

/**
 * The settings, all of them, paths absolute. When nothing says where the server is, it is the one of
 * this user on this host, by its socket, which needs no certificate: the paths are empty then.
 *
 * @throws {UsageError} naming what is missing.
 */
export async function resolveSettings(
  typed: ParsedArguments,
): Promise<Profile> {
  const found = await findSettings(typed);
  const addr = found.addr?.value ??
    (Object.keys(found).length === 0 ? await findAdminSocket() : null);
  // The kernel says who asks: there is no certificate to show.
  if (addr && isUnix(addr)) return { addr, cacert: "", cert: "", key: "" };
  const missing = SETTING_NAMES.filter((name) => found[name] === undefined);
  if (missing.length > 0) {
    const flags = missing.map((name) => `--${name}`).join(", ");
    throw new UsageError(
      `${flags} missing and no profile at "${profilePath()}": give them, ` +
        "`worker login`, or start `worker serve` on this host",
    );
  }
  const value = (name: SettingName) => found[name]!.value;
  const path = (name: SettingName) =>
    value(name).startsWith("/") ? value(name) : `${Deno.cwd()}/${value(name)}`;
  return {
    addr: value("addr").split(",").map((one) => withPort(one.trim())).join(),
    cacert: path("cacert"),
    cert: path("cert"),
    key: path("key"),
  };
}

/** Whether an address is the path of a socket on this host. */
export function isUnix(address: string): boolean {
  return address.startsWith("unix:");
}

/** `host` becomes `host:7443`. */
function withPort(address: string): string {
  return /:\d+$/.test(address) && !/^[^[]*:[^[]*:/.test(address)
    ? address
    : address.includes(":") && !address.startsWith("[")
    ? `[${address}]:7443`
    : `${address}:7443`;
}
