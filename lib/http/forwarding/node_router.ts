/** A request that is passed on. */
export interface PassedRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** In lower case, without those of one hop only. */
  headers: Readonly<Record<string, string | string[]>>;
  body: AsyncIterable<Uint8Array> | null;
  /** Gives up: before the answer the request rejects with its reason, later the body is cut. */
  signal: AbortSignal;
}

/** The answer to a {@linkcode PassedRequest}. */
export interface PassedResponse {
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  body: {
    /** Hands all bytes on; rejects when there is no end. */
    pass(take: (bytes: Uint8Array) => Promise<void> | undefined): Promise<void>;
    /** The rest is not wanted. Fine at any time. */
    cancel(): void;
  };
}

/** Passes a request on. */
export type PassOn = (request: PassedRequest) => Promise<PassedResponse>;

/** How a node is reached. */
export type NodeRoute =
  /** It is this very server. */
  | { type: "local" }
  | { type: "peer"; node: string; request: PassOn };

/** Finds the ways to nodes. */
export interface NodeRouter {
  /**
   * The way to the node that `selector` means: a name, id, address or label. Waits a moment for a
   * node that comes back, unless `signal` aborts.
   *
   * @throws {WorkerError} `NOT_FOUND`; `CONFLICT` when it means several; `UNAVAILABLE` that says why
   * and since when it can't be reached.
   */
  route(
    selector: string,
    options: { signal: AbortSignal },
  ): Promise<NodeRoute>;
}
