import { deepEqual } from "node:assert/strict";
import { LOG_CATEGORIES, type LogConfig } from "../lib/log.ts";

const LIB = new URL("../lib/", import.meta.url);

/** What a process logs that is configured so, one configuration after the other. */
async function logged(configs: readonly LogConfig[]): Promise<string[]> {
  return await loggedBy(`
    for (const [index, config] of ${JSON.stringify(configs)}.entries()) {
      configureLog(config);
      for (const category of ["jobs", "http"]) {
        for (const level of ["debug", "info", "warning", "error"]) {
          getLogger(["worker", category])[level](\`\${index} \${category} \${level}\`);
        }
      }
    }`);
}

/** The messages that a program logs. */
async function loggedBy(statements: string): Promise<string[]> {
  const program = `
    import { getLogger } from "@logtape/logtape";
    import { configureLog } from ${JSON.stringify(`${LIB}log.ts`)};
    ${statements}`;
  const folder = new URL("..", LIB).pathname;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--quiet",
      "--no-check",
      `--config=${folder}deno.json`,
      program,
    ],
    cwd: folder,
    stderr: "piped",
  }).output();
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line).message);
}

Deno.test("configureLog() takes the level of a part for the part, and the other for the rest", async () => {
  deepEqual(
    await logged([
      { level: "error", levels: { jobs: "debug" } },
      { level: "info", levels: { jobs: "error" } },
      { level: "warning", levels: {} },
    ]),
    [
      "0 jobs debug",
      "0 jobs info",
      "0 jobs warning",
      "0 jobs error",
      "0 http error",
      "1 jobs error",
      "1 http info",
      "1 http warning",
      "1 http error",
      "2 jobs warning",
      "2 jobs error",
      "2 http warning",
      "2 http error",
    ],
  );
});

Deno.test("configureLog() leaves quotes to the message, and keeps a record in its line", async () => {
  deepEqual(
    await loggedBy(`
      configureLog({ level: "info", levels: {} });
      const [name, count, text] = ["web-1", 3, "two\\nlines"];
      const list = ["a"];
      getLogger(["worker", "jobs"]).info\`"\${name}" has \${count} of \${list}: \${text}\`;`),
    [`"web-1" has 3 of ["a"]: two\nlines`],
  );
});

Deno.test("LOG_CATEGORIES names every part that logs", async () => {
  const used = new Set<string>();
  for await (const path of sources(LIB)) {
    const text = await Deno.readTextFile(path);
    for (const [, name] of text.matchAll(/getLogger\(\["worker", "(\w+)"/g)) {
      used.add(name!);
    }
  }
  deepEqual(
    [...used].filter((name) => !LOG_CATEGORIES.some((one) => one === name)),
    [],
  );
});

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}
