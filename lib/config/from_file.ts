import { dirname } from "node:path";
import { FileReader } from "./file_reader.ts";
import type { GivenSettings } from "./given.ts";
import { parseDocument } from "./yaml_document.ts";

/**
 * What the text of a YAML file says; relative paths begin at its folder. What is wrong in it is told
 * all at once, each with its place; while it is not YAML, only that.
 */
export async function settingsFromFile(
  path: string,
  text: string,
): Promise<GivenSettings> {
  // Without a file nobody needs the parser.
  const yaml = await import("./yaml.ts");
  const lines = new yaml.LineCounter();
  const parsed = parseDocument(yaml, { path, text, lines });
  const folder = dirname(path);
  if ("problems" in parsed) {
    return { settings: {}, folder, problems: parsed.problems };
  }
  const { document } = parsed;
  if (document === null) return { settings: {}, folder, problems: [] };
  const reader = new FileReader(yaml, { path, text, lines, document });
  return { settings: reader.read(), folder, problems: reader.problems };
}
