import { parseNodeSelector } from "../lib/api/node_selector.ts";
import type { NodeStatus } from "../lib/api/presence.ts";
import { UsageError } from "./exit_error.ts";

/** Labels that are listed for who meant one that no node has. */
const MOST_LABELS = 20;

/**
 * The nodes that fit one of the selectors, in their order; without a selector all of them.
 *
 * @throws {UsageError} for what is no selector.
 */
export function selectNodes<N extends Pick<NodeStatus, "name" | "labels">>(
  nodes: readonly N[],
  selectors: readonly string[],
): N[] {
  if (selectors.length === 0) return [...nodes];
  const fits = selectors.map((text) => {
    try {
      return parseNodeSelector(text);
    } catch (cause) {
      throw new UsageError((cause as RangeError).message, { cause });
    }
  });
  return nodes.filter((node) => fits.some((one) => one(node)));
}

/** That no node fits, and what there is to select by. */
export function noNodeFits(
  nodes: readonly Pick<NodeStatus, "name" | "labels">[],
  selectors: readonly string[],
): UsageError {
  const what = selectors.map((one) => `"${one}"`).join(" or ");
  if (nodes.length === 0) {
    return new UsageError(`no node is ${what}: the cluster has none`);
  }
  const labels = [
    ...new Set(
      nodes.flatMap((node) =>
        Object.entries(node.labels).map(([key, value]) => `${key}=${value}`)
      ),
    ),
  ].sort();
  const shown = labels.slice(0, MOST_LABELS).join(", ");
  const more = labels.length > MOST_LABELS
    ? ` and ${labels.length - MOST_LABELS} more`
    : "";
  const there = labels.length === 0
    ? "no node has a label"
    : `labels are ${shown}${more}`;
  return new UsageError(
    `no node is ${what}: ${there}; see \`worker nodes ls\` for names`,
  );
}
