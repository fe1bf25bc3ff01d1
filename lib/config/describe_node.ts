import type { Node, Scalar } from "./yaml.ts";
import { cut, type Yaml } from "./yaml_document.ts";

/** What is there instead of what was expected: its beginning in quotes, and what it is. */
export function describeNode(yaml: Yaml, node: Node, text: string): string {
  const [from, to] = node.range ?? [0, 0];
  const [line = ""] = text.slice(from, to).split("\n");
  const source = `"${cut(line.trim())}"`;
  if (yaml.isAlias(node)) {
    return `${source} is an alias of nothing (what begins with "*" takes quotes)`;
  }
  if (node.tag !== undefined) return `${source} has a tag`;
  if (yaml.isMap(node)) return `${source} is a mapping`;
  if (yaml.isSeq(node)) return `${source} is a list`;
  if (!yaml.isScalar(node) || node.value === null) {
    return `${source} is no value`;
  }
  return `"${cut(textOf(node))}" is a ${typeof node.value}`;
}

/** `8` and `"8"` are one text: what is not in quotes is taken as it was written. */
export function textOf(scalar: Scalar): string {
  return scalar.type === "PLAIN" && scalar.source !== undefined
    ? scalar.source
    : String(scalar.value);
}
