import type { NodeStatus } from "./presence.ts";

/** As far as a selector looks at a node. */
export type SelectableNode = Pick<NodeStatus, "name" | "labels">;

/** Whether a node fits. */
export type NodeSelector = (node: SelectableNode) => boolean;

/**
 * What a person means by `web-1`, `web-*`, `env=prod`, `env=*`, `env=prod,tier=web` (both) or `all`. A
 * `*` stands for any characters.
 *
 * @throws {RangeError} when it is none of these.
 */
export function parseNodeSelector(text: string): NodeSelector {
  if (text === "all") return () => true;
  const terms = text.split(",").map((term) => parseTerm(term.trim(), text));
  return (node) => terms.every((fits) => fits(node));
}

function parseTerm(term: string, whole: string): NodeSelector {
  const equals = term.indexOf("=");
  if (term === "" || equals === 0) {
    throw new RangeError(
      `"${whole}" selects no nodes: write a name, KEY=VALUE, or "all"`,
    );
  }
  if (equals < 0) {
    const name = glob(term);
    return (node) => name(node.name);
  }
  const key = term.slice(0, equals);
  const value = glob(term.slice(equals + 1));
  return ({ labels }) => Object.hasOwn(labels, key) && value(labels[key]!);
}

/** Whether a text is like the pattern: without backtracking, whatever is typed. */
function glob(pattern: string): (text: string) => boolean {
  const [first, ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    if (!text.startsWith(first!)) return false;
    let at = first!.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
