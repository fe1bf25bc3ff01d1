import type { Command } from "commander";
import type { CommandGroup, CommandSpec } from "./command.ts";

/** A command before it is loaded: only the one that was typed costs start-up time. */
export type CommandEntry =
  & { summary: string }
  & (
    | {
      kind: "own";
      load(): Promise<{ command: CommandSpec }>;
      /** It talks to a server. */
      connects: boolean;
    }
    /** Commands below one name, which talk to a server. */
    | { kind: "group"; load(): Promise<{ group: CommandGroup }> }
    /** Parsed by commander, with sub-commands of its own. */
    | { kind: "commander"; load(): Promise<Command> }
  );

const own = (
  summary: string,
  load: () => Promise<{ command: CommandSpec }>,
  { connects = true } = {},
): CommandEntry => ({ kind: "own", summary, load, connects });

/** Commands that one part of the program runs as another; nobody types them. */
export const HIDDEN_COMMANDS: Record<string, CommandEntry> = {
  jobhost: own("own the jobs of a server", () => import("./jobhost.ts"), {
    connects: false,
  }),
};

/** Every command, in the order in which help shows them. */
export const COMMANDS: Record<string, CommandEntry> = {
  run: own("run a command and stay with it", () => import("./run.ts")),
  start: own("start a command, print its job id", () => import("./start.ts")),
  status: own("show a job", () => import("./status.ts")),
  output: own("print what a job printed", () => import("./output.ts")),
  stop: own("stop jobs with all they started", () => import("./stop.ts")),
  signal: own("send a signal to a job", () => import("./signal.ts")),
  pause: own("freeze jobs", () => import("./pause.ts")),
  resume: own("let paused jobs go on", () => import("./resume.ts")),
  wait: own("wait for jobs to end", () => import("./wait.ts")),
  rm: own("remove jobs that ended", () => import("./rm.ts")),
  ls: own("list jobs", () => import("./ls.ts")),
  top: own("what running jobs use", () => import("./top.ts")),
  events: own("who did what: the audit log", () => import("./events.ts")),
  nodes: {
    kind: "group",
    summary: "the hosts of the cluster",
    load: () => import("./nodes/mod.ts"),
  },
  proxies: {
    kind: "group",
    summary: "the doors of the cluster",
    load: () => import("./proxies/mod.ts"),
  },
  token: {
    kind: "group",
    summary: "let hosts join the cluster",
    load: () => import("./token/mod.ts"),
  },
  login: own("remember a server", () => import("./login.ts")),
  doctor: own("find out what does not work", () => import("./doctor.ts")),
  completions: own(
    "print completions for a shell",
    () => import("./completions.ts"),
    { connects: false },
  ),
  install: own(
    "make the server a service of this host",
    () => import("./install.ts"),
    { connects: false },
  ),
  upgrade: own(
    "replace the server by another build",
    () => import("./upgrade.ts"),
    { connects: false },
  ),
  uninstall: own(
    "remove what install has put here",
    () => import("./uninstall.ts"),
    { connects: false },
  ),
  man: own("print the manual page", () => import("./man.ts"), {
    connects: false,
  }),
  version: own("print the version", () => import("./version.ts"), {
    connects: false,
  }),
  serve: {
    kind: "commander",
    summary: "be the server",
    load: async () => (await import("./serve.ts")).serveCommand(),
  },
  config: {
    kind: "commander",
    summary: "check, show and write the server's configuration",
    load: async () => (await import("./config.ts")).configCommand(),
  },
  certs: {
    kind: "commander",
    summary: "make, show and revoke certificates",
    load: async () => (await import("./certs/mod.ts")).certsCommand(),
  },
};
