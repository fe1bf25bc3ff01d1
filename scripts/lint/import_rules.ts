/**
 * The direction of imports, as a table: what a file may import besides its own part and packages.
 * The first row whose `from` is a prefix of a file's path is its row. An entry is a folder of the
 * project (`lib/api/`) or one file (`certs/identity.ts`).
 *
 * `main → cli → client, api, config`; `cli/serve → daemon → everything in lib`.
 */
export interface ImportRule {
  /** A folder with its slash, or one file. */
  from: string;
  /** Folders and files; `"*"` is anything. */
  may: readonly string[];
}

/** Modules that import nothing of the project and may be imported by all of it. */
export const LEAVES: readonly string[] = [
  "lib/change_feed.ts",
  "lib/passing_bytes.ts",
  "lib/clock.ts",
  "lib/log.ts",
  "lib/version.ts",
];

export const IMPORT_RULES: readonly ImportRule[] = [
  { from: "main.ts", may: ["cli/"] },
  { from: "mod.ts", may: ["lib/", "certs/"] },

  {
    from: "cli/serve",
    may: [
      "lib/daemon.ts",
      "lib/daemon/",
      "lib/supervisor/",
      "lib/client/",
      "lib/api/",
      "lib/config/",
      "cli/",
    ],
  },
  { from: "cli/certs/rotate.ts", may: ["lib/client/", "lib/api/", "cli/"] },
  {
    from: "cli/certs",
    may: ["certs/", "lib/client/", "lib/api/", "lib/config/"],
  },
  {
    from: "cli/jobhost.ts",
    may: ["lib/jobhost/", "lib/linux/", "lib/api/", "lib/config/"],
  },
  {
    from: "cli/install",
    may: ["lib/daemon/", "lib/client/", "lib/api/", "lib/config/", "cli/"],
  },
  {
    from: "cli/uninstall.ts",
    may: ["lib/daemon/", "lib/jobhost/", "lib/client/", "lib/api/"],
  },
  { from: "cli/upgrade.ts", may: ["lib/daemon/", "lib/config/"] },
  {
    from: "cli/doctor/examine_host.ts",
    may: [
      "lib/cgroup/",
      "lib/jobs/disk_budget.ts",
      "lib/jobs/isolation/",
      "lib/config/",
      "cli/render/",
    ],
  },
  { from: "cli/", may: ["lib/client/", "lib/api/", "lib/config/"] },

  { from: "certs/", may: [] },

  { from: "lib/daemon.ts", may: ["lib/", "certs/"] },
  { from: "lib/daemon/", may: ["lib/", "certs/"] },
  { from: "lib/api/", may: [] },
  { from: "lib/config/", may: ["lib/api/"] },
  { from: "lib/cgroup/", may: ["lib/api/errors.ts"] },
  {
    from: "lib/supervisor/",
    may: ["lib/api/errors.ts", "lib/api/service_status.ts"],
  },
  { from: "lib/audit/", may: ["lib/api/"] },
  {
    from: "lib/client/unix_transport.ts",
    may: ["lib/api/", "lib/linux/"],
  },
  {
    from: "lib/client/",
    may: ["lib/api/", "certs/identity.ts", "certs/errors.ts"],
  },
  { from: "lib/linux/", may: [] },
  { from: "lib/jobs/", may: ["lib/api/", "lib/cgroup/", "lib/linux/"] },
  {
    from: "lib/http/",
    may: [
      "lib/api/",
      "lib/jobs/",
      "lib/audit/",
      "lib/cluster/",
      "lib/access/",
      "lib/linux/",
      "certs/",
    ],
  },
  {
    from: "lib/jobhost/",
    may: [
      "lib/api/",
      "lib/cgroup/",
      "lib/client/",
      "lib/http/",
      "lib/jobs/",
      "lib/linux/",
    ],
  },
  {
    from: "lib/tunnel/",
    may: [
      "lib/client/",
      "lib/api/",
      "lib/http/listener/defer_close.ts",
      "lib/http/listener/header_guard.ts",
      "lib/http/listener/hpack_size.ts",
      "lib/http/listener/socket_backlog.ts",
      "certs/",
    ],
  },
  { from: "lib/cluster/", may: ["lib/api/", "certs/"] },
  { from: "lib/access/", may: ["lib/api/", "certs/identity.ts"] },
  { from: "lib/change_feed.ts", may: [] },
  { from: "lib/passing_bytes.ts", may: [] },
  { from: "lib/clock.ts", may: [] },
  { from: "lib/log.ts", may: [] },
  { from: "lib/version.ts", may: [] },

  { from: "scripts/", may: [] },
  { from: "bench/", may: ["*"] },
  { from: "tests/", may: ["*"] },
];

/**
 * Why the file at `from` may not import the file at `to`, both relative to the project; null when
 * it may.
 */
export function refuseImport(from: string, to: string): string | null {
  const rule = IMPORT_RULES.find((row) => from.startsWith(row.from));
  if (!rule) {
    return `"${from}" has no row in scripts/lint/import_rules.ts: say there what it may import`;
  }
  const own = rule.from.endsWith("/") && to.startsWith(rule.from);
  if (own || LEAVES.includes(to) || sharesFolder(from, to, rule)) return null;
  const allowed = rule.may.some((entry) =>
    entry === "*" || (entry.endsWith("/") ? to.startsWith(entry) : to === entry)
  );
  if (allowed) return null;
  const may = rule.may.length === 0
    ? "nothing outside its folder"
    : rule.may.join(", ");
  return `"${from}" may not import "${to}": "${rule.from}" may import ${may}`;
}

/** A row for one file of a folder widens what that file may import; its folder stays its own. */
function sharesFolder(from: string, to: string, rule: ImportRule): boolean {
  if (rule.from.endsWith("/")) return false;
  const folder = from.slice(0, from.lastIndexOf("/") + 1);
  return folder !== "" && folder !== "lib/" && to.startsWith(folder);
}
