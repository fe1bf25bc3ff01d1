import { WorkerError } from "../../lib/api/errors.ts";
import type { MemberChange, NodeStatus } from "../../lib/api/presence.ts";
import { ClusterClient } from "../../lib/client/cluster_client.ts";
import { delay } from "../../lib/client/delay.ts";
import { Patience } from "../../lib/client/patience.ts";
import type { Transport } from "../../lib/client/transport.ts";
import { printHint, printText } from "../print.ts";
import { renderNodes } from "../render/render_nodes.ts";
import { selectNodes } from "../select_nodes.ts";
import { NodeTable } from "./node_table.ts";
import { onScreen, terminalWidth } from "../terminal.ts";

/** How to watch. */
export interface WatchNodesOptions {
  selectors: readonly string[];
  /** Print the changes themselves. */
  json: boolean;
}

/**
 * Prints nodes and what changes about them: the table again on each change, on a terminal over the
 * one before; with `json` the changes as they come. Goes on through broken connections.
 *
 * @throws {WorkerError} a refusal, or the connection's error after a minute without success.
 */
export async function watchNodes(
  transport: Transport,
  { selectors, json }: WatchNodesOptions,
): Promise<never> {
  const client = new ClusterClient(transport);
  const patience = new Patience();
  const view = json ? JSON_VIEW : new TableView();
  for (let attempt = 1;; attempt++) {
    let failure: unknown = new WorkerError("UNAVAILABLE", "it was closed");
    let opened = false;
    try {
      view.restart();
      for await (const change of client.watchNodes()) {
        opened = true;
        patience.succeeded();
        if (isWanted(change, selectors)) await view.show(change);
      }
    } catch (error) {
      // That nobody answers at first is told at once.
      if (attempt === 1 && !opened) throw error;
      failure = error;
    }
    const wait = patience.failed(failure);
    if (opened) {
      await printHint(
        `the connection to "${transport.address}" broke; resuming`,
      );
    }
    await delay(wait);
  }
}

type Change = MemberChange<NodeStatus>;

function isWanted(change: Change, selectors: readonly string[]): boolean {
  return change.type === "removed" || change.type === "synced" ||
    selectNodes([change], selectors).length > 0;
}

const JSON_VIEW = {
  restart: () => {},
  show: (change: Change) => printText(JSON.stringify(change) + "\n"),
};

class TableView {
  readonly #table = new NodeTable();
  #isFirst = true;

  restart(): void {
    this.#table.restart();
  }

  async show(change: Change): Promise<void> {
    if (!this.#table.apply(change)) return;
    const text = renderNodes(this.#table.nodes, { width: terminalWidth() });
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    await printText(
      Deno.stdout.isTerminal()
        ? onScreen(text, isFirst)
        : (isFirst ? "" : "\n") + text,
    );
  }
}
