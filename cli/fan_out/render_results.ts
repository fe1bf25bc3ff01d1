import { renderTable } from "../render/table.ts";
import { visible } from "../render/visible.ts";
import { isFailure, type NodeResult } from "./node_result.ts";

const HEADER = ["NODE", "EXIT", "TIME", ""];
const NUMBERS = [1, 2];

/** What became of a command on each node, as a table for people, and how it went over all. */
export function renderResults(results: readonly NodeResult[]): string {
  const rows = results.map(({ node, exitCode, ms, note }) =>
    [
      node,
      exitCode === null ? "-" : String(exitCode),
      ms === null ? "-" : describeTime(ms),
      note ?? "",
    ].map(visible)
  );
  return renderTable([HEADER, ...rows], { right: NUMBERS }) +
    summary(results) + "\n";
}

function summary(results: readonly NodeResult[]): string {
  const failed = results.filter(isFailure).length;
  const stopped = results.filter(({ stopped }) => stopped).length;
  const skipped = results.filter(({ exitCode }) => exitCode === null).length;
  const parts = [
    `${results.length - failed - stopped - skipped} well`,
    ...failed > 0 ? [`${failed} failed`] : [],
    ...stopped > 0 ? [`${stopped} stopped`] : [],
    ...skipped > 0 ? [`${skipped} not begun`] : [],
  ];
  const nodes = results.length === 1 ? "1 node" : `${results.length} nodes`;
  return `${nodes}: ${parts.join(", ")}`;
}

/** `0.35s`, `12.3s`, `4m05s`, `2h03m`. */
export function describeTime(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)}s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  const minutes = Math.floor(whole / 60);
  return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
