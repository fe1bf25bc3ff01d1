import { ConfigError } from "../../lib/config/config_error.ts";
import type { ConfigSources } from "../../lib/config/load_serve_config.ts";

/** A folder that is removed in the end. */
export class Scratch implements AsyncDisposable {
  constructor(readonly folder: string) {}

  static async make(): Promise<Scratch> {
    return new Scratch(await Deno.makeTempDir());
  }

  /** Writes a file that nobody else may write; its path. */
  async file(name: string, text: string | Uint8Array): Promise<string> {
    const path = `${this.folder}/${name}`;
    await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text;
    await Deno.writeFile(path, bytes);
    await Deno.chmod(path, 0o644);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Sources that say nothing: no flag, no variable, no file, another user's. */
export function sources(more: Partial<ConfigSources> = {}): ConfigSources {
  return {
    flags: {},
    env: { HOME: "/nowhere" },
    folder: "/work-folder",
    uid: 1000,
    ...more,
  };
}

/** The lines that an attempt is refused with. */
export async function toldBy(attempt: Promise<unknown>): Promise<string[]> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof ConfigError) return [...error.lines];
    throw error;
  }
  return [];
}
