import type { Token } from "../../lib/api/cluster.ts";
import { ClusterClient } from "../../lib/client/cluster_client.ts";
import { type CommandSpec, hasFlag, JSON_OPTION } from "../command.ts";
import { connectToServer } from "../connect.ts";
import { EXIT } from "../exit_codes.ts";
import { printAnswer, printText } from "../print.ts";
import { describeAge } from "../render/render_jobs.ts";
import { renderTable } from "../render/table.ts";
import { terminalWidth } from "../terminal.ts";
import { visible } from "../render/visible.ts";

const HEADER = [
  ...["ID", "STATE", "ROLES", "LABELS", "USES", "EXPIRES", "BY", "USED BY"],
];

export const command: CommandSpec = {
  name: "token ls",
  summary: "list tokens",
  operands: "",
  count: { min: 0, max: 0 },
  options: [JSON_OPTION],
  details:
    "Those that can be used, and those that were used or expired within the last day.\n" +
    "The secret of a token is told when it is made, and never again.",
  async run(typed) {
    using connection = await connectToServer(typed);
    const client = new ClusterClient(connection.transport);
    const { value, text } = await client.tokens();
    await (hasFlag(typed, "json")
      ? printAnswer(text)
      : printText(renderTokens(value, { width: terminalWidth() })));
    return EXIT.ok;
  },
};

/** Tokens as a table for people. */
export function renderTokens(
  tokens: readonly Token[],
  { now = Date.now(), width = Infinity }: { now?: number; width?: number } = {},
): string {
  return renderTable([HEADER, ...tokens.map((one) => cells(one, now))], {
    width,
  });
}

function cells(token: Token, now: number): string[] {
  const left = Date.parse(token.expiresAt) - now;
  return [
    token.id,
    token.state,
    token.roles.join(","),
    token.labels.join(",") || "-",
    `${token.usedBy.length}/${token.uses}`,
    left > 0 ? `in ${describeAge(left)}` : `${describeAge(-left)} ago`,
    token.createdBy,
    token.usedBy.map(({ name }) => name).join(",") || "-",
  ].map(visible);
}
