import { type Part, runTool } from "./part.ts";

/** A part of several commands that each pass or fail. */
export function checks(
  name: string,
  commands: Record<string, string[]>,
): Part {
  return {
    name,
    async run() {
      let passed = 0;
      let failures = "";
      for (const [title, command] of Object.entries(commands)) {
        const { success, output } = await runTool(command);
        if (success) passed++;
        else failures += `${title}:\n${output}\n`;
      }
      const failed = Object.keys(commands).length - passed;
      return { passed, failed, skipped: 0, output: failures };
    },
  };
}
