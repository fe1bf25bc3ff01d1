import {
  type CommandOptions,
  type Outcome,
  runCommand,
} from "../helpers/command.ts";

/** A namespace with an address on the network. */
export class LabHost {
  readonly namespace: string;
  /** IPv4. */
  readonly address: string;
  /** For its files. */
  readonly folder: string;

  constructor(
    readonly name: string,
    place: { namespace: string; address: string; folder: string },
  ) {
    this.namespace = place.namespace;
    this.address = place.address;
    this.folder = place.folder;
  }

  /** The command, to be run on this host: only its network is another one. */
  words(command: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${this.namespace}`, "--", ...command];
  }

  /** Runs a command to its end. */
  run(
    command: readonly string[],
    options: CommandOptions = {},
  ): Promise<Outcome> {
    return runCommand(this.words(command), options);
  }

  /**
   * Starts a program that goes on when the caller does; its pid. What it prints is appended to the
   * file. It is nobody's child, so that one test may start it and another one see it end.
   */
  async daemon(
    command: readonly string[],
    { log, env = {} }: { log: string; env?: Record<string, string> },
  ): Promise<number> {
    // From within: one that is still about to enter would not be found when the network ends.
    const { code, stdout, stderr } = await this.run([
      ...["sh", "-c", 'log=$1; shift; "$@" >>"$log" 2>&1 </dev/null & echo $!'],
      ...["sh", log, "setsid", ...command],
    ], { env });
    const pid = Number(stdout);
    if (code === 0 && pid > 0) return pid;
    throw new Error(`cannot start "${command.join(" ")}": ${stderr}`);
  }
}
