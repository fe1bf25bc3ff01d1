/** Every error code of the wire with its HTTP status. Codes are stable; messages are for people. */
export const ERROR_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  COMMAND_NOT_FOUND: 422,
  RESOURCE_EXHAUSTED: 429,
  UNSUPPORTED: 501,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

/** A stable code that programs can tell apart. */
export type ErrorCode = keyof typeof ERROR_STATUS;

/** An error as it travels: `application/problem+json` (RFC 9457) with a stable `code`. */
export interface Problem {
  /** Always `"about:blank"`: the code says which error it is. */
  type: string;
  /** The code in words, e.g. `"not found"`. */
  title: string;
  /** The HTTP status that belongs to the code, see {@linkcode ERROR_STATUS}. */
  status: number;
  /** What went wrong, for people: the action, the offending value, what to do. */
  detail: string;
  /** What went wrong, for programs. */
  code: ErrorCode;
}

/** The media type of {@linkcode Problem}. */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/**
 * The one error that crosses every boundary: thrown by a `JobService`, sent as a
 * {@linkcode Problem}, and thrown again by the client with the same code.
 */
export class WorkerError extends Error {
  /** Tells it from other errors where `instanceof` cannot. */
  override readonly name = "WorkerError";

  /** `message` is for people; `options.cause` is what it comes from and never travels. */
  constructor(
    /** What went wrong, for programs. */
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The HTTP status that belongs to the code. */
  get status(): (typeof ERROR_STATUS)[ErrorCode] {
    return ERROR_STATUS[this.code];
  }

  /** What is sent of it: the code and the message, no cause and no stack. */
  toProblem(): Problem {
    return {
      type: "about:blank",
      title: this.code.toLowerCase().replaceAll("_", " "),
      status: this.status,
      detail: this.message,
      code: this.code,
    };
  }

  /** Reads a problem that came over the wire; what is not one becomes `INTERNAL`. */
  static fromProblem(problem: unknown): WorkerError {
    const { code, detail } = (problem ?? {}) as Partial<Problem>;
    if (typeof code === "string" && Object.hasOwn(ERROR_STATUS, code)) {
      return new WorkerError(code, String(detail ?? code));
    }
    return new WorkerError(
      "INTERNAL",
      "the server sent an error that is not a problem document",
    );
  }
}
