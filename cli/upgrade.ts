import { resolve } from "node:path";
import { defaultStateDir } from "../lib/config/state_dir.ts";
import { upgrade } from "../lib/daemon/replacement/upgrade.ts";
import { type CommandSpec, hasFlag, JSON_OPTION, valueOf } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { printText } from "./print.ts";

export const command: CommandSpec = {
  name: "upgrade",
  summary: "replace the server of this host by another build",
  operands: "FILE",
  count: { min: 1, max: 1 },
  options: [
    { name: "state-dir", value: "DIR", help: "the server's state directory" },
    { ...JSON_OPTION, help: "as JSON" },
  ],
  details:
    "Puts FILE in the place of the server's executable and has the server start it\n" +
    "beside itself. The new one serves on the same sockets before the old one ends:\n" +
    "no connection is refused, and jobs run on. When it does not come to serve, the\n" +
    "old executable is put back and the server goes on.",
  async run(typed) {
    const [file] = typed.operands;
    const { from, to, pid, executable } = await upgrade({
      file: resolve(file!),
      stateDir: resolve(valueOf(typed, "state-dir") ?? defaultStateDir()),
    });
    await printText(
      hasFlag(typed, "json")
        ? JSON.stringify({ from, to, pid, executable }) + "\n"
        : `upgraded "${executable}" from ${from} to ${to}: pid ${pid} serves\n`,
    );
    return EXIT.ok;
  },
};
