import { EXIT } from "./exit_codes.ts";

/** An error of the command line itself, with the exit code it leads to. */
export class ExitError extends Error {
  override readonly name: string = "ExitError";

  constructor(
    readonly exitCode: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The command line is wrong: exit code 2. */
export class UsageError extends ExitError {
  override readonly name = "UsageError";

  constructor(message: string, options?: ErrorOptions) {
    super(EXIT.usage, message, options);
  }
}

/** Whoever read our standard output has closed it: nothing more to say, to nobody. */
export class OutputClosedError extends ExitError {
  override readonly name = "OutputClosedError";

  constructor(options?: ErrorOptions) {
    super(EXIT.outputClosed, "standard output is closed", options);
  }
}
