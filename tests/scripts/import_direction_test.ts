import { deepEqual, equal, match } from "node:assert/strict";
import plugin from "../../scripts/lint/import_direction.ts";
import { IMPORT_RULES, refuseImport } from "../../scripts/lint/import_rules.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

function messages(path: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `${PROJECT}${path}`, source)
    .map(({ message }) => message);
}

Deno.test("import-direction reports every kind of import when it goes the wrong way", () => {
  for (
    const source of [
      `import { x } from "../jobs/mod.ts";`,
      `import type { X } from "../jobs/mod.ts";`,
      `export { x } from "../jobs/mod.ts";`,
      `export * from "../jobs/mod.ts";`,
      `const { x } = await import("../jobs/mod.ts");`,
    ]
  ) {
    const found = messages("lib/api/job.ts", source);
    equal(found.length, 1, source);
    match(found[0]!, /"lib\/api\/job.ts" may not import "lib\/jobs\/mod.ts"/);
  }
});

Deno.test("import-direction reports nothing when imports are packages or its own folder", () => {
  deepEqual(
    messages(
      "lib/api/job.ts",
      `import { z } from "zod"; import fs from "node:fs"; import { x } from "./size.ts";`,
    ),
    [],
  );
});

Deno.test("import-direction reports a path when it leaves the project", () => {
  equal(messages("main.ts", `import "../elsewhere/x.ts";`).length, 1);
});

Deno.test("refuseImport() follows the table when files are of different parts", () => {
  const allowed = [
    ["main.ts", "cli/command_line.ts"],
    ["cli/run.ts", "lib/client/job_client.ts"],
    ["cli/run.ts", "cli/print.ts"],
    ["cli/serve.ts", "lib/daemon.ts"],
    ["cli/serve.ts", "cli/print.ts"],
    ["cli/certs_issue.ts", "certs/authority.ts"],
    ["lib/daemon.ts", "lib/jobs/mod.ts"],
    ["lib/daemon.ts", "certs/authority.ts"],
    ["lib/jobs/mod.ts", "lib/api/job.ts"],
    ["lib/http/listener/listener.ts", "certs/identity.ts"],
    ["lib/api/job.ts", "lib/version.ts"],
    ["certs/verify.ts", "lib/log.ts"],
  ] as const;
  for (const [from, to] of allowed) {
    equal(refuseImport(from, to), null, `${from} → ${to}`);
  }
  const refused = [
    ["main.ts", "lib/daemon.ts"],
    ["cli/run.ts", "lib/daemon.ts"],
    ["cli/run.ts", "certs/authority.ts"],
    ["cli/run.ts", "lib/jobs/mod.ts"],
    ["cli/serve.ts", "lib/jobs/mod.ts"],
    ["certs/verify.ts", "lib/api/errors.ts"],
    ["lib/api/job.ts", "certs/identity.ts"],
    ["lib/client/follow.ts", "lib/jobs/mod.ts"],
    ["lib/jobs/mod.ts", "lib/http/listener/listener.ts"],
    ["lib/http/listener/listener.ts", "lib/client/follow.ts"],
    ["lib/jobs/mod.ts", "tests/helpers/worker.ts"],
    ["elsewhere/new.ts", "lib/api/job.ts"],
  ] as const;
  for (const [from, to] of refused) {
    equal(typeof refuseImport(from, to), "string", `${from} → ${to}`);
  }
});

Deno.test("IMPORT_RULES has no row that an earlier row hides", () => {
  for (const [index, row] of IMPORT_RULES.entries()) {
    const first = IMPORT_RULES.findIndex(({ from }) =>
      row.from.startsWith(from)
    );
    equal(first, index, `"${row.from}" is hidden`);
  }
});
