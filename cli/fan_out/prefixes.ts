import type { OutputStream } from "../../lib/api/frame.ts";
import { isColoured } from "../terminal.ts";
import { visible } from "../render/visible.ts";

/** Those that are readable on a dark and on a bright ground. */
const COLOURS = [36, 33, 32, 35, 34, 31] as const;

/** A longer name does not push every line to the right. */
const MOST_COLUMNS = 32;

/** What stands before the lines of a node: its name, aligned, in a colour of its own on a terminal. */
export class Prefixes {
  readonly #columns: number;
  readonly #colours = new Map<string, number>();

  constructor(nodes: readonly string[]) {
    const lengths = nodes.map((node) => visible(node).length);
    this.#columns = Math.min(
      MOST_COLUMNS,
      lengths.reduce((longest, one) => Math.max(longest, one), 0),
    );
    for (const [at, node] of nodes.entries()) {
      this.#colours.set(node, COLOURS[at % COLOURS.length]!);
    }
  }

  of(node: string): Record<OutputStream, string> {
    const plain = `${visible(node).padEnd(this.#columns)} | `;
    const coloured = `\x1b[${
      this.#colours.get(node) ?? COLOURS[0]
    }m${plain}\x1b[0m`;
    return {
      stdout: isColoured("stdout") ? coloured : plain,
      stderr: isColoured("stderr") ? coloured : plain,
    };
  }
}
