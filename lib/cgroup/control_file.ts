/**
 * The text of a control file; null when there is none: the cgroup is gone (ENOENT, ENODEV), has no
 * such controller, or is threaded and cannot answer (EOPNOTSUPP).
 */
export function readControl(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const code = errorCode(error);
    if (code && ["ENOENT", "ENODEV", "EOPNOTSUPP"].includes(code)) return null;
    throw error;
  }
}

/** Writes a control file that must be there; the error is the kernel's. */
export function writeControl(path: string, value: string): void {
  Deno.writeTextFileSync(path, value, { create: false });
}

/** Parses a flat keyed file (`populated 0`, a line each); names whose value is no number are left out. */
export function parseFlatKeyed(text: string | null): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text?.split("\n") ?? []) {
    const [name, value] = line.split(" ");
    const number = Number(value);
    if (name && value && Number.isFinite(number)) values.set(name, number);
  }
  return values;
}

/** A file of one number; null when it is missing or says `max`. */
export function readNumber(path: string): number | null {
  const text = readControl(path)?.trim();
  return text && text !== "max" ? Number(text) : null;
}

/** One value of a flat keyed file; null when the file or the key is missing. */
export function readKey(path: string, key: string): number | null {
  return parseFlatKeyed(readControl(path)).get(key) ?? null;
}

/** The name of the system error (`EBUSY`); null when the error is none of the system. */
export function errorCode(error: unknown): string | null {
  const code = error instanceof Error && (error as { code?: unknown }).code;
  return typeof code === "string" ? code : null;
}
