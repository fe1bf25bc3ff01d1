import type { RecordedProcess } from "./job_record.ts";
import { bootId, pipesOf, type ProcessStat } from "./proc.ts";

/**
 * The main process of a job whose server died between the start and the record of it: of what runs of
 * the job, the oldest leader of a session. When that has ended already, its pid is that of the
 * session that it left. Null when nothing runs.
 */
export function findStarted(
  members: readonly ProcessStat[],
): RecordedProcess | null {
  const byAge = members.toSorted((a, b) => a.startTime - b.startTime);
  const oldest = byAge[0];
  if (oldest === undefined) return null;
  const leader = byAge.find(({ pid, session }) => pid === session);
  return {
    pid: leader?.pid ?? oldest.session,
    startTime: leader?.startTime ?? null,
    bootId: bootId(),
    pipes: pipesOf((leader ?? oldest).pid),
  };
}
