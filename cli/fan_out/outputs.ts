import { printHint } from "../print.ts";
import { GroupedOutputs } from "./grouped_outputs.ts";
import { JsonSink } from "./json_sink.ts";
import { MergedWriter } from "./merged_writer.ts";
import type { NodeResult } from "./node_result.ts";
import type { NodeSink } from "./node_sink.ts";
import { PrefixedSink } from "./prefixed_sink.ts";
import { Prefixes } from "./prefixes.ts";

/** How outputs of several nodes are printed: a line at a time with the node's name, unless: */
export interface OutputsOptions {
  /** As NDJSON records. */
  json: boolean;
  /** Equal ones once, at the end. */
  group: boolean;
}

/** Where the outputs of several nodes become one. */
export class Outputs {
  readonly #writer = new MergedWriter();
  readonly #prefixes: Prefixes;
  readonly #json: boolean;
  readonly #groups: GroupedOutputs | null;

  constructor(nodes: readonly string[], { json, group }: OutputsOptions) {
    this.#prefixes = new Prefixes(nodes);
    this.#json = json;
    this.#groups = group
      ? new GroupedOutputs({
        writer: this.#writer,
        prefixed: (node) => this.#prefixed(node),
        tell: (text) => void printHint(text),
      })
      : null;
  }

  /** Takes the output of a node. */
  sink(node: string): NodeSink {
    if (this.#json) {
      return new JsonSink(
        node,
        (stream, bytes) => this.#writer.write(stream, bytes),
      );
    }
    return this.#groups?.sink(node) ?? this.#prefixed(node);
  }

  /** A line of its own, beside the outputs. */
  async printLine(text: string): Promise<void> {
    await this.#writer.write("stdout", new TextEncoder().encode(text + "\n"));
  }

  /** For programs: people read it in the table at the end. */
  async tellFailure({ node, exitCode, note }: NodeResult): Promise<void> {
    if (!this.#json) return;
    await this.printLine(
      JSON.stringify({ node, type: "error", exitCode, detail: note }),
    );
  }

  /** Prints what was kept; resolves when everything is written. */
  async finish(): Promise<void> {
    await this.#groups?.print();
    await this.#writer.drain();
  }

  #prefixed(node: string): PrefixedSink {
    return new PrefixedSink({
      prefix: this.#prefixes.of(node),
      write: (stream, bytes) => this.#writer.write(stream, bytes),
    });
  }
}
