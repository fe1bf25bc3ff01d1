import {
  failedResult,
  isFailure,
  type NodeResult,
  skippedResult,
} from "./node_result.ts";

/** How {@linkcode fanOut} goes about it. */
export interface FanOutOptions {
  /** Does it on one node; rejects when it failed there. `stop` wants it ended early. */
  run(node: string, options: { stop: AbortSignal }): Promise<NodeResult>;
  /** Nodes at once. */
  parallel: number;
  /** The first failure ends it everywhere. */
  failFast: boolean;
  /** From so many failures on no further node is begun with; null: with all of them. */
  maxFailures: number | null;
  /** Failures that are known before anything is begun. @default {0} */
  failures?: number;
  /** No further node is begun with; its reason says why. What runs is the caller's to end. */
  halt: AbortSignal;
  /** Whether an error is about us and not about a node: it ends everything and is thrown. */
  isFatal(error: unknown): boolean;
}

/**
 * Does something on many nodes, some at a time; a result for each, in their order.
 *
 * @throws a fatal error, when what was begun with has ended.
 */
export async function fanOut(
  nodes: readonly string[],
  options: FanOutOptions,
): Promise<NodeResult[]> {
  const { run, parallel, failFast, maxFailures, halt, isFatal } = options;
  const results: NodeResult[] = [];
  const stop = new AbortController();
  let failures = options.failures ?? 0;
  let fatal: { error: unknown } | null = null;
  let next = 0;

  const reasonToSkip = (): string | null => {
    if (halt.aborted) return `not begun: ${halt.reason}`;
    if (stop.signal.aborted) return `not begun: ${stop.signal.reason}`;
    if (maxFailures !== null && failures >= maxFailures) {
      return `not begun: it failed on ${failures} nodes`;
    }
    return null;
  };
  const failed = () => {
    failures++;
    if (failFast) stop.abort("it failed on another node");
  };
  const work = async () => {
    for (let at = next++; at < nodes.length; at = next++) {
      const node = nodes[at]!;
      const skip = reasonToSkip();
      if (skip !== null) {
        results[at] = skippedResult(node, skip);
        continue;
      }
      const began = performance.now();
      try {
        results[at] = await run(node, { stop: stop.signal });
      } catch (error) {
        if (isFatal(error)) {
          fatal ??= { error };
          stop.abort("it was ended");
        }
        const ms = performance.now() - began;
        results[at] = failedResult({ node, ms }, error);
      }
      if (isFailure(results[at]!)) failed();
    }
  };
  if (failFast && failures > 0) stop.abort("a node can't be reached");
  await Promise.all(
    Array.from({ length: Math.min(parallel, nodes.length) }, work),
  );
  const thrown = fatal as { error: unknown } | null;
  if (thrown !== null) throw thrown.error;
  return results;
}
