import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import type { AppContext } from "../env.ts";
import { ResponseSink } from "./response_sink.ts";

/** Answers with what is watched, a record a line, until the client or this server leaves. */
export function sendChanges(
  c: AppContext,
  watch: (options: { signal: AbortSignal }) => AsyncIterable<unknown>,
): never {
  const sink = new ResponseSink(c, { "content-type": NDJSON_MEDIA_TYPE });
  sink.pump(async () => {
    for await (const change of watch({ signal: sink.closed })) {
      sink.write(JSON.stringify(change) + "\n");
      await sink.ready();
    }
  }, { follow: true });
  return RESPONSE_ALREADY_SENT as never;
}
