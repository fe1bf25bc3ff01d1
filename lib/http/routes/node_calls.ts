import { WorkerError } from "../../api/errors.ts";
import { connectionOf } from "../connection.ts";
import type { App, AppContext } from "../env.ts";
import type { NodeRouter } from "../forwarding/node_router.ts";
import { passOn } from "../forwarding/pass_on.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** What a node is asked through a proxy, by the first segment, with where it is at the node. */
const PATHS: Readonly<Record<string, string>> = {
  jobs: "/v1/",
  run: "/v1/",
  events: "/v1/",
  readyz: "/",
  healthz: "/",
  metrics: "/",
  "openapi.json": "/",
};

/** Until a node must answer what it can answer at once. */
const ANSWER_WITHIN_MS = 60_000;

/** A call of a node, taken apart. */
interface NodeCall {
  /** As it was asked for, e.g. `web%2D1`. */
  encoded: string;
  selector: string;
  /** Path and query at the node, as they came. */
  path: string;
}

/**
 * `/v1/nodes/{node}/…`: the calls of a node, through any proxy. What users may do there is up to the
 * node, which gets their certificates.
 */
export function nodeCallRoutes(app: App, nodes: NodeRouter): void {
  app.on(METHODS, "/v1/nodes/:node/:call{.+}", async (c) => {
    if (connectionOf(c.env.incoming).via !== undefined) {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        "a request that a proxy has passed on is not passed on again: ask for a call of this node",
      );
    }
    const call = readCall(c.req.url);
    const route = await nodes.route(call.selector, {
      signal: c.req.raw.signal,
    });
    if (route.type === "local") return await callHere(app, c, call.path);
    requireCertificate(c, route.node);
    return await passOn(c, {
      path: call.path,
      request: route.request,
      follow: isFollowing(call.path),
      answerWithinMs: answerWithin(c.req.method, call.path),
      locate: (location) =>
        location.replace(/^\/v1\//, `/v1/nodes/${call.encoded}/`),
    });
  });
}

/** From the URL and not from the router, which decodes what it takes apart. */
function readCall(url: string): NodeCall {
  const { pathname, search } = new URL(url);
  const [, encoded = "", call = ""] =
    /^\/v1\/nodes\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  const [first = ""] = call.split("/");
  const above = Object.hasOwn(PATHS, first) ? PATHS[first] : undefined;
  if (above === undefined) {
    throw new WorkerError(
      "NOT_FOUND",
      `there is no "${call}" of a node here: ask for ${
        Object.keys(PATHS).join(", ")
      }`,
    );
  }
  return {
    encoded,
    selector: decode(encoded),
    path: `${above}${call}${search}`,
  };
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `the node "${encoded}" is not percent-encoded UTF-8`,
      { cause },
    );
  }
}

/** Answers from this very server, as if it had been asked without the node. */
function callHere(app: App, c: AppContext, path: string) {
  // Recorded and refused there.
  c.var.audit.leave();
  const { method, headers, signal } = c.req.raw;
  const url = new URL(path, c.req.url);
  return app.fetch(new Request(url, { method, headers, signal }), c.env);
}

function requireCertificate(
  { env, var: { identity } }: AppContext,
  node: string,
) {
  if (connectionOf(env.incoming).certificate !== null) return;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `node "${node}" asks for a certificate, and "${identity.name}" has shown none: connect by TLS with one, e.g. with --addr`,
  );
}

/** Whether the answer goes on until something happens. */
function isFollowing(path: string): boolean {
  return /^\/v1\/run\b|[?&](?:follow|watch|wait)=true\b/.test(path);
}

function answerWithin(method: string, path: string): number | null {
  // Whoever stops a job, or writes to it, waits for the job.
  return method !== "POST" && !isFollowing(path) ? ANSWER_WITHIN_MS : null;
}
