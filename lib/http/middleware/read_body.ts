import { Buffer } from "node:buffer";
import { createMiddleware } from "hono/factory";
import { WorkerError } from "../../api/errors.ts";
import type { AppContext, AppEnv } from "../env.ts";
import type { Incoming } from "../listener/listener_options.ts";

/** No request but the input of a job needs more; `execve(2)` takes 2 MiB at most. */
const MAX_BODY_BYTES = 2 ** 20;

/**
 * Reads the body of a request, bounded, before a validator asks for it. It is JSON whatever its
 * Content-Type says: `curl -d` says it is a form.
 */
export const readBody = readBodyWithin(MAX_BODY_BYTES);

/** {@linkcode readBody} with another bound, in bytes. */
export function readBodyWithin(maxBytes: number) {
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.method === "POST") {
      const bytes = await readBytes(c.env.incoming, maxBytes);
      const text = bytes.toString("utf8");
      if (text !== "") refuseMalformed(text);
      setBody(c, text);
      c.req.raw.headers.set("content-type", "application/json");
    }
    await next();
  });
}

/** Makes `text` the body that validators see. */
export function setBody(c: AppContext, text: string): void {
  // Hono keeps the promise of what it has read, though its type says otherwise.
  c.req.bodyCache.text = Promise.resolve(text) as never;
}

function refuseMalformed(text: string): void {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `the request body is not JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** The body of a request. @throws {WorkerError} `INVALID_ARGUMENT` when it has more bytes. */
export async function readBytes(
  incoming: Incoming,
  maxBytes: number,
): Promise<Buffer> {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (announced <= maxBytes) {
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  }
  if (Math.max(announced, bytes) > maxBytes) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `the request body is larger than ${
        maxBytes >= 2 ** 20
          ? `${maxBytes / 2 ** 20} MiB`
          : `${maxBytes / 1024} KiB`
      }`,
    );
  }
  return Buffer.concat(chunks);
}
