/** The completions in the shells themselves. */
import { deepEqual, ok } from "node:assert/strict";
import { completionScript, type Shell } from "../../cli/completions.ts";
import { COMMANDS } from "../../cli/commands.ts";
import {
  type Complete,
  completeInBash,
  completeInFish,
  completeInZsh,
  hasProgram,
  shellFolder,
} from "./shell_session.ts";

const SHELLS: [Shell, Complete][] = [
  ["bash", completeInBash],
  ["zsh", completeInZsh],
  ["fish", completeInFish],
];

/** What is typed, and what is offered for its last word; null: whatever begins like it. */
const CASES: [string, string[]][] = [
  ["worker ru", ["run"]],
  ["worker --addr host:1 stat", ["status"]],
  ["worker certs ", ["init", "issue", "revoke", "rotate", "show"]],
  ["worker certs issue --ke", ["--key-type"]],
  ["worker certs issue --key-type ", ["ed25519", "p256", "rsa4096"]],
  ["worker output --stream s", ["stderr", "stdout"]],
  ["worker stop --sig", ["--signal"]],
  ["worker stop -s SIGK", ["SIGKILL"]],
  ["worker stop 0", ["01jobone", "02jobtwo"]],
  ["worker stop 01jobone 0", ["01jobone", "02jobtwo"]],
  ["worker signal 01jobone SIGUSR", ["SIGUSR1", "SIGUSR2"]],
  ["worker ls --state run", ["running"]],
  ["worker ls --node we", ["web-1", "web-2"]],
  ["worker run --on web-1 --on web", ["web-1", "web-2"]],
  ["worker token ", ["create", "ls", "rm"]],
  ["worker token create --ro", ["--roles"]],
  ["worker nodes rm ", ["web-1", "web-2"]],
  ["worker doctor ", ["tunnel"]],
  ["worker completions ", ["bash", "fish", "zsh"]],
];

// Made before any test, for the sanitizers: modules of commands load the C library once and for all.
const scripts = new Map<Shell, string>();
for (const [shell] of SHELLS) {
  scripts.set(shell, await completionScript(shell));
}

for (const [shell, complete] of SHELLS) {
  const script = scripts.get(shell)!;
  const ignore = !hasProgram(shell);
  const name = ignore ? `${shell} (not on this host)` : shell;

  for (const [line, expected] of CASES) {
    Deno.test({
      name: `completionScript() for ${name} completes \`${line}\``,
      ignore,
      async fn() {
        await using folder = await shellFolder(script);
        deepEqual(await complete(line, folder), expected);
      },
    });
  }

  Deno.test({
    name: `completionScript() for ${name} offers every command`,
    ignore,
    async fn() {
      await using folder = await shellFolder(script);
      const offered = await complete("worker ", folder);
      deepEqual(offered, Object.keys(COMMANDS).sort());
    },
  });

  Deno.test({
    name: `completionScript() for ${name} offers files where a file is meant`,
    ignore,
    async fn() {
      await using folder = await shellFolder(script);
      const files = await complete("worker certs show ", folder);
      ok(files.some((each) => each.startsWith("file.crt")), `${files}`);
      const folders = await complete("worker certs issue --out ", folder);
      deepEqual(folders.map((each) => each.replace(/\/$/, "")), ["folder"]);
    },
  });

  Deno.test({
    name: `completionScript() for ${name} completes a value behind "="`,
    ignore,
    async fn() {
      await using folder = await shellFolder(script);
      const offered = await complete(
        "worker certs issue --key-type=ed",
        folder,
      );
      deepEqual(
        offered.map((each) => each.replace("--key-type=", "")),
        ["ed25519"],
      );
    },
  });

  Deno.test({
    name: `completionScript() for ${name} leaves the command of a job alone`,
    ignore,
    async fn() {
      await using folder = await shellFolder(script);
      const offered = await complete("worker run cat --", folder);
      ok(!offered.includes("--timeout"), `${offered}`);
    },
  });
}
