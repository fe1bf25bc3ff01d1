import {
  type CommandSpec,
  hasFlag,
  JSON_OPTION,
  type ParsedArguments,
} from "./command.ts";
import { examine } from "./doctor/examine.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import type { Finding } from "./doctor/finding.ts";
import { printText } from "./print.ts";
import { isColoured } from "./terminal.ts";
import { visible } from "./render/visible.ts";

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;

export const command: CommandSpec = {
  name: "doctor",
  summary: "find out what does not work",
  operands: "[tunnel]",
  count: { min: 0, max: 1 },
  options: [
    { name: "host", help: "what a server on this machine could do for jobs" },
    { ...JSON_OPTION, help: "one JSON object a check" },
  ],
  details:
    "Checks the settings, the certificates, the connection, the server and the\n" +
    "clocks; exits with 1 when something fails. With --host: cgroups, isolation and\n" +
    "disk of this machine, for a server that this user starts here, and how to get\n" +
    "what is missing. With `tunnel`, best as root on a node: which proxies it knows,\n" +
    "which it is connected to, and why not to the others; on a proxy, whose tunnels\n" +
    "it holds.",
  async run(typed) {
    let failed = false;
    const findings = await findingsOf(typed);
    for await (const finding of findings) {
      failed ||= finding.level === "fail";
      if (hasFlag(typed, "json")) {
        await printText(JSON.stringify(finding) + "\n");
        continue;
      }
      const advice = finding.advice === null ? "" : `: ${finding.advice}`;
      const text = visible(`${finding.check}: ${finding.found}${advice}`);
      await printText(`${coloured(finding.level)}  ${text}\n`);
    }
    return failed ? EXIT.failed : EXIT.ok;
  },
};

async function findingsOf(
  typed: ParsedArguments,
): Promise<AsyncIterable<Finding> | Iterable<Finding>> {
  const [topic] = typed.operands;
  if (topic === "tunnel") {
    const { examineTunnelOf } = await import("./doctor/examine_tunnel_of.ts");
    return examineTunnelOf(typed);
  }
  if (topic !== undefined) {
    throw new UsageError(`"${topic}" is nothing to examine: say "tunnel"`);
  }
  return hasFlag(typed, "host")
    ? (await import("./doctor/examine_host.ts")).examineHost()
    : examine(typed);
}

function coloured(level: keyof typeof COLOURS): string {
  const text = level.padEnd(4);
  return isColoured("stdout") ? `\x1b[${COLOURS[level]}m${text}\x1b[0m` : text;
}
