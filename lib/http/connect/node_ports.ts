import type { NodeStatus } from "../../api/presence.ts";

/** The ports of a node's own addresses: none of one that is not known or has a tunnel only. */
export function nodePorts(
  directory: { findNode(selector: string): Pick<NodeStatus, "addresses"> },
): (selector: string) => number[] {
  return (selector) => {
    let addresses: string[];
    try {
      ({ addresses } = directory.findNode(selector));
    } catch {
      // Whether there is a way to it is for others to say.
      return [];
    }
    return addresses.map((each) =>
      Number(each.slice(each.lastIndexOf(":") + 1))
    );
  };
}
