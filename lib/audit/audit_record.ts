import type { AuditDetail, AuditEvent } from "../api/audit_event.ts";
import type { CountedDraft } from "./refusal_limiter.ts";

/** Longer texts are cut: they may come from whoever was refused. */
const LONGEST_TEXT = 300;
const LONGEST_ID = 64;

/** The record of an event. */
export function auditRecord(
  { draft, repeated }: CountedDraft,
  { time, id }: Pick<AuditEvent, "time" | "id">,
): AuditEvent {
  const { actor, from, action, target, detail, result } = draft;
  return {
    time,
    id,
    actor: actor ?? null,
    from: from ?? null,
    action,
    target: target
      ? { job: cut(target.job, LONGEST_ID), owner: target.owner }
      : null,
    detail: cutAll(detail ?? {}),
    result,
    status: draft.status ?? null,
    code: draft.code ?? null,
    message: draft.message === undefined || draft.message === null
      ? null
      : cut(draft.message),
    repeated,
  };
}

function cutAll(detail: AuditDetail): AuditDetail {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      typeof value === "string" ? cut(value) : value,
    ]),
  );
}

function cut(text: string, longest = LONGEST_TEXT): string {
  return text.length > longest ? text.slice(0, longest - 1) + "…" : text;
}
