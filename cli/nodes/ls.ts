import { ClusterClient } from "../../lib/client/cluster_client.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "../command.ts";
import { connectToServer } from "../connect.ts";
import { EXIT } from "../exit_codes.ts";
import { printAnswer, printText } from "../print.ts";
import { renderNodes } from "../render/render_nodes.ts";
import { selectNodes } from "../select_nodes.ts";
import { terminalWidth } from "../terminal.ts";
import { watchNodes } from "./watch.ts";

export const command: CommandSpec = {
  name: "nodes ls",
  summary: "list nodes",
  operands: "[SELECTOR…]",
  count: { min: 0 },
  options: [
    { name: "watch", short: "w", help: "go on, and print what changes" },
    { name: "quiet", short: "q", help: "names only" },
    JSON_OPTION,
  ],
  details:
    "SELECTOR is a name, `env=prod`, or both with a comma for nodes that fit all of\n" +
    "it; `*` stands for anything. Of several, a node has to fit one. VIA is how the\n" +
    "node is reached: at its own address, or through the proxies it has a tunnel to.",
  async run(typed) {
    using connection = await connectToServer(typed);
    const { transport } = connection;
    const json = hasFlag(typed, "json");
    if (hasFlag(typed, "watch")) {
      return await watchNodes(transport, { selectors: typed.operands, json });
    }
    const { value, text } = await new ClusterClient(transport).nodes();
    const nodes = selectNodes(value, typed.operands);
    if (json) {
      // What was received, where nothing is left out of it.
      await printAnswer(
        nodes.length === value.length ? text : JSON.stringify(nodes),
      );
    } else if (hasFlag(typed, "quiet")) {
      await printText(nodes.map(({ name }) => name + "\n").join(""));
    } else {
      await printText(renderNodes(nodes, { width: terminalWidth() }));
    }
    return EXIT.ok;
  },
};
