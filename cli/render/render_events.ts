import type { AuditEvent } from "../../lib/api/audit_event.ts";
import { visible } from "./visible.ts";

const HEADER = ["TIME", "ACTOR", "FROM", "ACTION", "TARGET", "RESULT"];

/** The least width of each column but the last; events come one by one, so there is no widest. */
const WIDTHS = [19, 12, 21, 14, 26];

/** A column grows no further for a value that is wider. */
const WIDEST = 40;

/** Events as the lines of a table for people, one by one. */
export class EventTable {
  readonly #width: number;
  readonly #widths = [...WIDTHS];
  #begun = false;

  /** Lines are cut at `width` columns. */
  constructor({ width = Infinity }: { width?: number } = {}) {
    this.#width = width;
  }

  /** The line of an event, with the header before the first. */
  add(event: AuditEvent): string {
    const header = this.#begun ? "" : this.#line(HEADER);
    this.#begun = true;
    return header + this.#line(cells(event));
  }

  #line(cells: string[]): string {
    const line = cells.map((cell, column) => {
      const text = visible(cell);
      const width = this.#widths[column];
      if (width === undefined) return text;
      // What was wider once stays so: the lines that follow stand below each other.
      const wider = Math.max(width, Math.min(text.length, WIDEST));
      this.#widths[column] = wider;
      return text.padEnd(wider);
    }).join("  ").trimEnd();
    const cut = line.length > this.#width
      ? line.slice(0, this.#width - 1) + "…"
      : line;
    return cut + "\n";
  }
}

function cells(event: AuditEvent): string[] {
  return [
    localTime(event.time),
    event.actor?.name ?? "-",
    event.from ?? "-",
    event.action,
    describeTarget(event),
    describeResult(event),
  ];
}

/** `2026-11-21 09:15:42` where the reader is. */
function localTime(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

function describeTarget({ target, detail }: AuditEvent): string {
  if (target !== null) return target.job;
  if (typeof detail.path === "string") return `${detail.method} ${detail.path}`;
  return "-";
}

function describeResult(event: AuditEvent): string {
  const { result, code, message, repeated, detail } = event;
  const times = repeated > 1 ? ` ×${repeated}` : "";
  if (result === "ok") {
    const what = detail.name ?? detail.command ?? detail.signal;
    return what ? `ok${times} (${what})` : `ok${times}`;
  }
  const why = [code, message].filter((text) => text !== null).join(": ");
  return why === "" ? `${result}${times}` : `${result}${times}: ${why}`;
}
