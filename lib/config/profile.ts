/*
 * Without `node:path`: loading it would cost each command a few milliseconds.
 */

/** Where a client finds its server and its certificate when no flag says it. Paths are absolute. */
export interface Profile {
  /** `host:port`, or `unix:/path`: then the others are empty. */
  addr: string;
  cacert: string;
  cert: string;
  key: string;
}

/** `$WORKER_PROFILE`, else `worker/profile.json` in the user's configuration folder. */
export function profilePath(): string {
  const given = Deno.env.get("WORKER_PROFILE");
  if (given) return given;
  const config = Deno.env.get("XDG_CONFIG_HOME");
  // The XDG specification: a relative path is to be ignored.
  if (config?.startsWith("/")) return `${config}/worker/profile.json`;
  return `${Deno.env.get("HOME") || "/root"}/.config/worker/profile.json`;
}

/**
 * The profile, null when there is none.
 *
 * @throws {Error} when the file is there but is not a profile.
 */
export async function readProfile(
  path: string = profilePath(),
): Promise<Profile | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new Error(`cannot read the profile "${path}"`, { cause: error });
  }
  const profile = parse(text);
  if (profile === null) {
    throw new Error(
      `the profile "${path}" is not valid: remove it, or write it again with \`worker login\``,
    );
  }
  return profile;
}

/** Writes the profile for its owner only, whole or not at all; answers its path. */
export async function writeProfile(
  profile: Profile,
  path: string = profilePath(),
): Promise<string> {
  const folder = path.slice(0, path.lastIndexOf("/") + 1) || ".";
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID()}`;
  const text = JSON.stringify(profile, null, 2) + "\n";
  try {
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: 0o600 });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new Error(`cannot write the profile "${path}"`, { cause: error });
  }
  return path;
}

function parse(text: string): Profile | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { addr, cacert, cert, key } = (value ?? {}) as Partial<Profile>;
  const fields = { addr, cacert, cert, key };
  // The socket of a server on this host needs no certificate.
  const socket = typeof addr === "string" && addr.startsWith("unix:");
  const whole = Object.values(fields).every((field) =>
    typeof field === "string" && (socket || field !== "")
  );
  return whole ? fields as Profile : null;
}
