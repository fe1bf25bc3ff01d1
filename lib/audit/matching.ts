import type { AuditEvent, AuditFilter } from "../api/audit_event.ts";

/** Those of the lines that are events of the filter; what is torn is none. */
export function matching(lines: string[], filter: AuditFilter): string[] {
  return lines.filter((line) => {
    const event = parse(line);
    return event !== null && matches(event, filter);
  });
}

function parse(line: string): AuditEvent | null {
  if (line === "") return null;
  try {
    const value = JSON.parse(line) as AuditEvent | null;
    // A number is JSON too, and might be the rest of a torn line.
    return typeof value?.id === "string" ? value : null;
  } catch {
    return null;
  }
}

function matches(event: AuditEvent, filter: AuditFilter): boolean {
  const { actor, action, result, since } = filter;
  return (actor === undefined || event.actor?.name === actor) &&
    (action === undefined || event.action === action) &&
    (result === undefined || event.result === result) &&
    (since === undefined || Date.parse(event.time) >= since);
}
