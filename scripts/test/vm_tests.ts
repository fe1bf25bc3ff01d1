import { countTests } from "./count_tests.ts";
import { denoTests } from "./deno_tests.ts";
import type { Part } from "./part.ts";
import { findLab, testInLab } from "./vm_lab.ts";

/**
 * A part whose tests need root and a writable cgroup v2 hierarchy with controllers: run here when this
 * host has them, else in the virtual machine of vm-lab, else skipped with the reasons.
 */
export function vmTests(name: string, folders: string[]): Part {
  return {
    name,
    async run() {
      const here = whyNotHere();
      if (here === null) return await denoTests(name, { paths: folders }).run();
      const lab = await findLab();
      if (lab.kind === "found") return await testInLab(lab.path, folders);
      return {
        passed: 0,
        failed: 0,
        skipped: countTests(folders),
        output: "",
        note: `on this host: ${here}; in a virtual machine: ${lab.missing}`,
      };
    },
  };
}

/** Why the tests can't run on this host itself; null when they can. */
function whyNotHere(): string | null {
  if (Deno.uid() !== 0) return "not root";
  const top = "/sys/fs/cgroup";
  let offered: string[];
  try {
    offered = Deno.readTextFileSync(`${top}/cgroup.controllers`).split(/\s+/);
  } catch {
    return `"${top}" is no cgroup v2 hierarchy`;
  }
  const missing = ["memory", "cpu", "pids", "io"]
    .filter((each) => !offered.includes(each));
  if (missing.length > 0) return `"${top}" lacks ${missing.join(", ")}`;
  try {
    Deno.openSync(`${top}/cgroup.subtree_control`, { write: true }).close();
    return null;
  } catch {
    return `"${top}" can't be written`;
  }
}
