import type {
  AuditActor,
  AuditDetail,
  AuditTarget,
} from "../api/audit_event.ts";
import type { WorkerError } from "../api/errors.ts";
import type { AuditSink } from "../audit/mod.ts";
import { connectionOf } from "./connection.ts";
import type { AppContext, Caller } from "./env.ts";
import { actionOf, isQuiet } from "./audited.ts";

/** What a route knows about its call. */
export interface AuditNote {
  target?: AuditTarget;
  /** A few short values; no arguments, environment or input. */
  detail?: AuditDetail;
}

/** The record of one call, made once: when it is answered, or before its answer begins to stream. */
export class AuditCall {
  readonly #sink: AuditSink;
  readonly #context: AppContext;
  #target: AuditTarget | null = null;
  #detail: AuditDetail = {};
  #problem: WorkerError | null = null;
  #recorded = false;

  constructor(sink: AuditSink, context: AppContext) {
    this.#sink = sink;
    this.#context = context;
  }

  /** Adds what is known by now. */
  note({ target, detail }: AuditNote): void {
    if (target) this.#target = target;
    if (detail) this.#detail = { ...this.#detail, ...detail };
  }

  /** It is answered with that. */
  failed(problem: WorkerError): void {
    this.#problem = problem;
  }

  /** It is recorded elsewhere. */
  leave(): void {
    this.#recorded = true;
  }

  /** Records a call that changed something, or was refused, or might have changed something and failed. */
  record(status: number): void {
    if (this.#recorded) return;
    this.#recorded = true;
    const refused = status === 401 || status === 403;
    const action = actionOf(this.#context);
    if ((action === null || isQuiet(this.#context)) && !refused) return;
    const { req, env } = this.#context;
    this.#sink.record({
      actor: this.#actor(),
      from: connectionOf(env.incoming).remoteAddress,
      action: action ?? "request",
      target: this.#target ?? asked(req.path),
      detail: action === null
        ? { method: req.method, path: req.path }
        : this.#detail,
      result: refused ? "refused" : status < 400 ? "ok" : "failed",
      status,
      code: this.#problem?.code ?? null,
      message: this.#problem?.message ?? null,
    });
  }

  #actor(): AuditActor | null {
    const { env, var: { identity } } = this.#context;
    if (identity !== undefined) return actorOf(identity);
    try {
      // A good certificate of somebody who may not come in.
      return actorOf(connectionOf(env.incoming).identity());
    } catch {
      return null;
    }
  }
}

function actorOf(identity: Caller): AuditActor {
  const { name, roles, kind, fingerprint } = identity;
  return { name, roles, kind, certificate: fingerprint || null };
}

/** The job that a path names, whether there is one or not. */
function asked(path: string): AuditTarget | null {
  const job = /^\/v1\/jobs\/([^/]+)/.exec(path)?.[1];
  return job === undefined ? null : { job, owner: null };
}
