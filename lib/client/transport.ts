/** A request as a {@linkcode Transport} takes it. */
export interface TransportRequest {
  /** The HTTP method. @default {"GET"} */
  method?: string;
  /** Request headers by name. @default none */
  headers?: Record<string, string>;
  /** A text, or bytes that are sent as they come. @default none */
  body?: string | ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Gives the request up, and the response's body with it. */
  signal?: AbortSignal;
  /**
   * Whether it does no harm to send it twice, as when the connection is cut before the answer.
   * @default true for GET only
   */
  repeatable?: boolean;
  /**
   * Milliseconds the head of the answer may take; `Infinity` for calls that wait by design.
   * @default the transport's own
   */
  answerWithin?: number;
}

/** Whether a request may be sent twice. */
export function isRepeatable(
  { method, repeatable = method === undefined }: TransportRequest,
): boolean {
  return repeatable;
}

/** Whether its body can be sent again: a stream is sent once. */
export function isWhole({ body }: TransportRequest): boolean {
  return body === undefined || typeof body === "string";
}

/** Carries requests to a server, or to one of several of which each is as good as the other. */
export interface Transport extends Disposable {
  /** The server in use as people write it, e.g. `localhost:7443`. */
  readonly address: string;
  /**
   * Sends one request; resolves with the head of the answer, whatever its status.
   *
   * @throws {WorkerError} `UNAVAILABLE` or `UNAUTHENTICATED` when there is no answer.
   */
  fetch(path: string, request?: TransportRequest): Promise<Response>;
}
