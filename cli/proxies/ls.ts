import { ClusterClient } from "../../lib/client/cluster_client.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "../command.ts";
import { connectToServer } from "../connect.ts";
import { EXIT } from "../exit_codes.ts";
import { printAnswer, printText } from "../print.ts";
import { renderProxies } from "../render/render_nodes.ts";
import { terminalWidth } from "../terminal.ts";

export const command: CommandSpec = {
  name: "proxies ls",
  summary: "list proxies",
  operands: "",
  count: { min: 0, max: 0 },
  options: [JSON_OPTION],
  details:
    "ADDRESSES are the proxy's own, which nodes and clients dial; of a GROUP the\n" +
    "newest generation (GEN) is the one that nodes keep a tunnel to.",
  async run(typed) {
    using connection = await connectToServer(typed);
    const client = new ClusterClient(connection.transport);
    const { value, text } = await client.proxies();
    await (hasFlag(typed, "json")
      ? printAnswer(text)
      : printText(renderProxies(value, { width: terminalWidth() })));
    return EXIT.ok;
  },
};
