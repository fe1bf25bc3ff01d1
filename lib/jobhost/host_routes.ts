import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { WorkerError } from "../api/errors.ts";
import { NDJSON_MEDIA_TYPE } from "../api/ndjson.ts";
import type { App } from "../http/env.ts";
import { ResponseSink } from "../http/response_sink.ts";
import {
  type HostInfo,
  type HostSettings,
  type Retirement,
  settingsOfWire,
} from "./host_api.ts";

/** What the routes below `/v1/host` do. */
export interface HostServices {
  info(): HostInfo;
  /** Takes a daemon's settings over; it is attached until what this gives is disposed. */
  attach(settings: HostSettings): Disposable;
  retire(): Promise<Retirement>;
  /** Lets a new job in, or throws; it counts as one until what this gives is disposed. */
  admit(): Disposable;
  /** Takes the jobs of predecessors that have ended since. */
  takeOver(): void;
}

/** What goes before the routes of jobs: the job host may have been replaced, or have replaced one. */
export function admitRequests(app: App, host: HostServices): void {
  app.use("/v1/jobs/*", async (c, next) => {
    host.takeOver();
    if (c.req.method !== "POST" || c.req.path !== "/v1/jobs") {
      return await next();
    }
    using _ = host.admit();
    await next();
  });
}

/** Routes about the job host itself. */
export function hostRoutes(app: App, host: HostServices): void {
  app.get("/v1/host", (c) => c.json(host.info()));

  /** Stays open for as long as the daemon does: its end tells each that the other is gone. */
  app.post("/v1/host/attach", async (c) => {
    const attachment = host.attach(readSettings(await c.req.json()));
    const sink = new ResponseSink(c, { "content-type": NDJSON_MEDIA_TYPE });
    sink.closed.addEventListener("abort", () => attachment[Symbol.dispose]());
    sink.pump(async () => {
      sink.write(JSON.stringify(host.info()) + "\n");
      await new Promise((resolve) =>
        sink.closed.addEventListener("abort", resolve)
      );
    });
    return RESPONSE_ALREADY_SENT as never;
  });

  app.post("/v1/host/retire", async (c) => c.json(await host.retire()));
}

function readSettings(json: unknown): HostSettings {
  try {
    return settingsOfWire(json);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot attach with these settings: ${(cause as Error).message}`,
      { cause },
    );
  }
}
