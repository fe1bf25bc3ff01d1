import type { Identity } from "../../certs/identity.ts";
import { WorkerError } from "../api/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { TunnelCredentials } from "./dial_peer.ts";
import { PeerLink, type PeerLinkOptions } from "./peer_link.ts";
import {
  callServer,
  openWatch,
  type ServerCall,
  type ServerWatch,
} from "./server_call.ts";
import { expectServer } from "./expect_server.ts";
import type { TunnelRequest, TunnelResponse } from "./tunnel_request.ts";

/** How {@linkcode PeerLinks} connects. Times in milliseconds. */
export interface PeerLinksOptions
  extends Omit<PeerLinkOptions, "credentials" | "expect" | "signal"> {
  /** Asked for each request, which goes over a link with the certificate that holds then. */
  credentials(): TunnelCredentials;
  /** A link without requests is closed after that. @default {60_000} */
  idleMs?: number;
}

/** Whom a request is for. */
export interface PeerRequestOptions {
  /** Throws when it is the certificate of somebody else. */
  expect(identity: Identity): void;
}

/** A link, or one that is being dialled. */
interface Entry {
  opening: Promise<PeerLink>;
  /** What was shown of this end, PEM. */
  cert: string;
  link: PeerLink | null;
  cancelIdle: () => void;
}

/**
 * Connections to other members: one an address, dialled when it is needed first, dialled again when
 * it broke or another certificate is to be shown, closed when nobody needed it for a while.
 */
export class PeerLinks implements AsyncDisposable {
  readonly #options: PeerLinksOptions;
  readonly #clock: Clock;
  /** By address: what takes requests. */
  readonly #entries = new Map<string, Entry>();
  /** What is left of any, those included that only end what is under way. */
  readonly #alive = new Set<Entry>();
  readonly #stopped = new AbortController();
  /** The server that answered last. */
  #lastGood: string | null = null;

  constructor(options: PeerLinksOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Addresses that there is a link to, or that are being dialled. */
  get addresses(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Asks whoever is at `address` (`host:port`), once `expect` has accepted its certificate.
   *
   * @throws the signal's reason, or `UNAVAILABLE` that says what was dialled and why it failed.
   */
  async request(
    address: string,
    request: TunnelRequest,
    options: PeerRequestOptions,
  ): Promise<TunnelResponse> {
    const { signal } = request;
    const link = await this.connect([address], {
      ...options,
      ...signal && { signal },
    });
    return await link.request(request);
  }

  /**
   * The link to the first of some addresses that can be reached and is whom `expect` accepts, to be
   * used at once. Nothing is asked yet, so nothing is asked twice.
   *
   * @throws the signal's reason, or `UNAVAILABLE` that names all that were tried.
   */
  async connect(
    addresses: readonly string[],
    { expect, signal }: PeerRequestOptions & { signal?: AbortSignal },
  ): Promise<PeerLink> {
    const errors: Error[] = [];
    for (const address of addresses) {
      try {
        const link = await unlessAborted(this.#open(address, expect), signal);
        // The address may have been dialled for somebody else.
        check(link, expect);
        this.#entries.get(address)?.cancelIdle();
        return link;
      } catch (error) {
        signal?.throwIfAborted();
        this.#stopped.signal.throwIfAborted();
        errors.push(error as Error);
      }
    }
    throw new WorkerError(
      "UNAVAILABLE",
      errors.map(({ message }) => message).join("; ") || "it has no address",
      { cause: errors },
    );
  }

  /**
   * Asks any server of the cluster, JSON in and out: the one that answered last first, then the
   * others in their order, until one is reached. What is asked must do no harm when it is done twice.
   *
   * @throws {WorkerError} what the server refused; `UNAVAILABLE` that names each that was tried.
   */
  async call(
    call: ServerCall,
    options: { servers: () => readonly string[] },
  ): Promise<unknown> {
    return await this.#anyOf(
      options.servers(),
      (ask) => callServer(ask, call),
    );
  }

  /**
   * Follows a path of any server whose answer is NDJSON: a value a line. Resolves when it answers;
   * the values end when `signal` aborts and reject with `UNAVAILABLE` when the answer is cut.
   *
   * @throws {WorkerError} as {@linkcode call} does.
   */
  async open(
    path: string,
    options: ServerWatch & { servers: () => readonly string[] },
  ): Promise<AsyncGenerator<unknown>> {
    return await this.#anyOf(
      options.servers(),
      (ask) => openWatch(ask, path, options),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new WorkerError("UNAVAILABLE", "shutting down"));
    const entries = [...this.#alive];
    for (const { cancelIdle, link } of entries) {
      cancelIdle();
      link?.destroy(null);
    }
    await Promise.all(entries.map(async ({ opening }) => {
      const link = await opening.catch(() => null);
      link?.destroy(null);
      await link?.closed;
    }));
  }

  async #anyOf<T>(
    servers: readonly string[],
    use: (
      ask: (request: TunnelRequest) => Promise<TunnelResponse>,
    ) => Promise<T>,
  ): Promise<T> {
    const last = servers.filter((each) => each === this.#lastGood);
    const order = [...new Set([...last, ...servers])];
    const errors: WorkerError[] = [];
    for (const address of order) {
      try {
        const result = await use((request) =>
          this.request(address, request, { expect: expectServer })
        );
        this.#lastGood = address;
        return result;
      } catch (error) {
        const unreached = error instanceof WorkerError &&
          error.code === "UNAVAILABLE";
        if (!unreached || this.#stopped.signal.aborted) throw error;
        errors.push(error);
      }
    }
    throw new WorkerError(
      "UNAVAILABLE",
      errors.map(({ message }) => message).join("; ") ||
        "no server of the cluster is known",
      { cause: errors },
    );
  }

  async #open(
    address: string,
    expect: PeerRequestOptions["expect"],
  ): Promise<PeerLink> {
    this.#stopped.signal.throwIfAborted();
    const { credentials, ...options } = this.#options;
    const shown = credentials();
    const known = this.#entries.get(address);
    if (known?.cert === shown.cert && (known.link?.usable ?? true)) {
      return await known.opening;
    }
    known?.link?.close();
    const opening = PeerLink.open(address, {
      ...options,
      credentials: shown,
      expect,
      signal: this.#stopped.signal,
    });
    const { cert } = shown;
    const entry: Entry = { opening, cert, link: null, cancelIdle: () => {} };
    this.#entries.set(address, entry);
    this.#alive.add(entry);
    const forget = () => {
      entry.cancelIdle();
      this.#alive.delete(entry);
      if (this.#entries.get(address) === entry) this.#entries.delete(address);
    };
    try {
      const link = await opening;
      entry.link = link;
      link.onIdle = () => this.#closeWhenUnused(entry);
      this.#closeWhenUnused(entry);
      void link.closed.then(forget);
      return link;
    } catch (error) {
      forget();
      throw error;
    }
  }

  #closeWhenUnused(entry: Entry): void {
    const { link } = entry;
    entry.cancelIdle();
    if (this.#stopped.signal.aborted) return;
    entry.cancelIdle = this.#clock.after(
      this.#options.idleMs ?? 60_000,
      () => {
        if (link?.requests === 0) link.close();
      },
    );
  }
}

function check(
  { identity, address }: PeerLink,
  expect: PeerRequestOptions["expect"],
): void {
  try {
    expect(identity);
  } catch (cause) {
    throw new WorkerError(
      "UNAVAILABLE",
      `could not connect to "${address}": ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** A dial that others wait for, too, goes on when one of them gives up. */
async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return await promise;
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
