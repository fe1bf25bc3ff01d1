import type { OutputStream } from "../../lib/api/frame.ts";
import { describeSize } from "../render/describe_size.ts";
import { visible } from "../render/visible.ts";
import type { MergedWriter } from "./merged_writer.ts";
import type { NodeSink } from "./node_sink.ts";
import { OutputPieces } from "./output_pieces.ts";
import type { PrefixedSink } from "./prefixed_sink.ts";

/** What {@linkcode GroupedOutputs} needs. */
export interface GroupedOutputsOptions {
  writer: MergedWriter;
  /** For a node whose output can't be kept. */
  prefixed(node: string): PrefixedSink;
  /** Told why a node's output is not in a group. */
  tell(text: string): void;
  /** The most of one node's output that is kept. @default {1_048_576} */
  nodeBytes?: number;
  /** The most that is kept of all. @default {67_108_864} */
  totalBytes?: number;
}

interface Group {
  nodes: string[];
  pieces: OutputPieces;
}

/**
 * Keeps what nodes print and prints equal outputs once, at the end, with the list of their nodes. An
 * output that is too big to be kept is printed a line at a time instead, like without groups.
 */
export class GroupedOutputs {
  readonly #options: GroupedOutputsOptions;
  readonly #nodeBytes: number;
  readonly #totalBytes: number;
  readonly #groups = new Map<string, Group>();
  /** Bytes that are kept now. */
  #kept = 0;

  constructor(options: GroupedOutputsOptions) {
    this.#options = options;
    this.#nodeBytes = options.nodeBytes ?? 1 << 20;
    this.#totalBytes = options.totalBytes ?? 1 << 26;
  }

  /** Takes the output of a node. */
  sink(node: string): NodeSink {
    let pieces: OutputPieces | null = new OutputPieces();
    const prefixed = this.#options.prefixed(node);
    const giveUp = async () => {
      const kept = pieces;
      pieces = null;
      if (kept === null) return;
      this.#kept -= kept.size;
      for (const { stream, bytes } of kept) {
        await prefixed.write(stream, bytes);
      }
    };
    return {
      write: async (stream: OutputStream, bytes: Uint8Array) => {
        if (pieces !== null) {
          const before = pieces.size;
          if (this.#fits(pieces, bytes)) {
            pieces.add(stream, bytes);
            this.#kept += pieces.size - before;
            return;
          }
          this.#options.tell(
            `${node}: more output than ${
              describeSize(this.#nodeBytes)
            }, or no room for it: it is printed by itself`,
          );
          await giveUp();
        }
        await prefixed.write(stream, bytes);
      },
      drain: async () => {
        const whole = pieces;
        if (whole === null) return await prefixed.drain();
        pieces = null;
        await this.#add(node, whole);
      },
      broken: async () => {
        await giveUp();
        await prefixed.drain();
      },
    };
  }

  /** Prints the groups, in the order in which their first node ended. */
  async print(): Promise<void> {
    const { writer } = this.#options;
    for (const { nodes, pieces } of this.#groups.values()) {
      if (pieces.isEmpty) continue;
      await writer.write("stdout", new TextEncoder().encode(headOf(nodes)));
      for (const { stream, bytes } of pieces) await writer.write(stream, bytes);
      const open = pieces.streamWithoutNewline;
      if (open !== null) await writer.write(open, new Uint8Array([0x0a]));
    }
  }

  #fits(pieces: OutputPieces, bytes: Uint8Array): boolean {
    return pieces.size + bytes.length <= this.#nodeBytes &&
      this.#kept + bytes.length <= this.#totalBytes;
  }

  async #add(node: string, pieces: OutputPieces): Promise<void> {
    const key = await pieces.digest();
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, { nodes: [node], pieces });
      return;
    }
    group.nodes.push(node);
    this.#kept -= pieces.size;
  }
}

function headOf(nodes: readonly string[]): string {
  const names = [...nodes].sort().map(visible).join(", ");
  return nodes.length === 1
    ? `== ${names}\n`
    : `== ${names} (${nodes.length} nodes)\n`;
}
