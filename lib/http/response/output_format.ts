import { z } from "@hono/zod-openapi";
import { FRAMES_MEDIA_TYPE } from "../../api/frame.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";

export const RAW_MEDIA_TYPE = "application/octet-stream";

/** `?format=`: how output is represented. */
export const OutputFormat = z.enum(["ndjson", "raw", "frames"]);
export type OutputFormat = z.infer<typeof OutputFormat>;

const MEDIA_TYPES: Record<OutputFormat, string> = {
  ndjson: NDJSON_MEDIA_TYPE,
  raw: RAW_MEDIA_TYPE,
  frames: FRAMES_MEDIA_TYPE,
};

export function mediaTypeOf(format: OutputFormat): string {
  return MEDIA_TYPES[format];
}

/** What was asked for by name, else one that the Accept header names, else NDJSON. */
export function chooseFormat(
  asked: OutputFormat | undefined,
  accept: string | undefined,
): OutputFormat {
  if (asked) return asked;
  const wanted = (accept ?? "").split(",").map((type) =>
    type.split(";")[0]!.trim().toLowerCase()
  );
  const found = OutputFormat.options.find((format) =>
    wanted.includes(MEDIA_TYPES[format])
  );
  return found ?? "ndjson";
}
