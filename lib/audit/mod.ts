/**
 * The audit log: who did what to the server, from where, and how it went.
 *
 * - {@linkcode AuditLog.record} takes an event and has handed it to the kernel when it returns, so a
 *   call that was answered is on record. It never throws: serving goes on when the disk is full.
 * - The log is a folder of NDJSON files; a file's name is a ULID, the newest is appended to, one
 *   write(2) an event. More than one process may do so at a time.
 * - Whoever reads takes a line that is not whole for what a crash left, and skips it.
 * - Refusals that repeat are counted instead of told one by one, so that nobody without a
 *   certificate can push out what others did.
 */
export {
  type AuditLimits,
  AuditLog,
  type AuditLogOptions,
} from "./audit_log.ts";
export type { AuditSink, AuditTrail, ReadOptions } from "./audit_trail.ts";
