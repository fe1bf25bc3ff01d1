/** How a proxy gets to a node, as far as streams need to know. */
export type ConnectRoute =
  /** It is this daemon. */
  | { readonly type: "local" }
  | {
    readonly type: "peer";
    /** Its name. */
    readonly node: string;
    /** Asks it: see `TunnelSession.request`. */
    request(request: StreamRequest): Promise<StreamResponse>;
  };

/** A request whose body is what a client sends. */
export interface StreamRequest {
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Uint8Array>;
  signal: AbortSignal;
}

/** An answer whose body is what the node sends; it rejects when it is cut. */
export interface StreamResponse {
  status: number;
  body: AsyncIterable<Uint8Array>;
}
