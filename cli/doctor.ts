import { type CommandSpec, hasFlag, JSON_OPTION } from "./command.ts";
import { examine } from "./examine.ts";
import { EXIT } from "./exit_codes.ts";
import { printText } from "./print.ts";
import { isColoured } from "./terminal.ts";
import { visible } from "./visible.ts";

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;

export const command: CommandSpec = {
  name: "doctor",
  summary: "find out what does not work",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    { name: "host", help: "what a server on this machine could do for jobs" },
    { ...JSON_OPTION, help: "one JSON object a check" },
  ],
  details:
    "Checks the settings, the certificates, the connection, the server and the clocks;\n" +
    "exits with 1 when something fails. With --host: cgroups, isolation and disk of this\n" +
    "machine, for a server that this user starts here, and how to get what is missing.",
  async run(typed) {
    let failed = false;
    const findings = hasFlag(typed, "host")
      ? (await import("./examine_host.ts")).examineHost()
      : examine(typed);
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

function coloured(level: keyof typeof COLOURS): string {
  const text = level.padEnd(4);
  return isColoured("stdout") ? `\x1b[${COLOURS[level]}m${text}\x1b[0m` : text;
}
