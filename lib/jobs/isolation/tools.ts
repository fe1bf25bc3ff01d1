import { resolveCommand } from "../resolve_command.ts";

/** Where the tools are looked for, whatever PATH this process or a job has. */
const SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin";

/** A package that has each tool, for advice. */
const PACKAGES = {
  env: "coreutils",
  ifconfig: "net-tools",
  ip: "iproute2",
  mount: "util-linux (Debian: mount)",
  mountpoint: "util-linux (Debian: mount)",
  perl: "perl, or util-linux 2.39 or later",
  prlimit: "util-linux",
  setpriv: "util-linux (Alpine: setpriv)",
  sh: "a shell",
  sleep: "coreutils",
  unshare: "util-linux",
} as const;

/** A tool that isolation may need. */
export type ToolName = keyof typeof PACKAGES;

/** Thrown when the host has not got a tool. */
export class MissingToolError extends Error {
  override readonly name = "MissingToolError";
  /** What to do about it. */
  readonly advice: string;

  constructor(readonly tool: ToolName, options?: ErrorOptions) {
    super(`this host has no "${tool}"`, options);
    this.advice = `install ${PACKAGES[tool]}`;
  }
}

/** The absolute path of a tool. @throws {MissingToolError} */
export function toolPath(tool: ToolName): string {
  try {
    return resolveCommand(tool, { path: SYSTEM_PATH, cwd: "/" });
  } catch (cause) {
    throw new MissingToolError(tool, { cause });
  }
}
