import { AuditLog, type AuditLogOptions } from "../../lib/audit/mod.ts";
import type { AuditDraft, AuditEvent } from "../../lib/api/audit_event.ts";
import type { ReadOptions } from "../../lib/audit/mod.ts";
import { AuditEventSchema } from "../../lib/api/audit_event_schema.ts";

/** A folder for logs of a test; gone when it is disposed. */
export class AuditFolder implements Disposable {
  readonly #parent = Deno.makeTempDirSync({ prefix: "worker-audit-" });
  readonly path = `${this.#parent}/audit`;
  readonly #logs: AuditLog[] = [];

  /** Another log on the folder, as of another process. */
  open(options: Partial<AuditLogOptions> = {}): AuditLog {
    const log = new AuditLog({ directory: this.path, ...options });
    this.#logs.push(log);
    return log;
  }

  /** Its files, oldest first. */
  files(): string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  /** All that is in its files. */
  text(): string {
    return this.files().map((name) => this.read(name)).join("");
  }

  read(name: string): string {
    return Deno.readTextFileSync(`${this.path}/${name}`);
  }

  [Symbol.dispose](): void {
    for (const log of this.#logs) log[Symbol.dispose]();
    Deno.removeSync(this.#parent, { recursive: true });
  }
}

/** An event that is told apart by its number. */
export function numbered(
  number: number,
  more: Partial<AuditDraft> = {},
): AuditDraft {
  return { action: "job.start", result: "ok", detail: { number }, ...more };
}

/** What a log gives, each event checked against the schema. */
export async function eventsOf(
  log: AuditLog,
  options: ReadOptions = {},
): Promise<AuditEvent[]> {
  let text = "";
  for await (const lines of log.read(options)) text += lines;
  return text.split("\n").filter((line) => line !== "")
    .map((line) => AuditEventSchema.parse(JSON.parse(line)));
}

/** The numbers of what a log gives. */
export async function numbersOf(
  log: AuditLog,
  options: ReadOptions = {},
): Promise<unknown[]> {
  return (await eventsOf(log, options)).map(({ detail }) => detail.number);
}
