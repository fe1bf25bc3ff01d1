import type { Identity } from "../../certs/identity.ts";
import type { PeerVerifier } from "../../certs/verify.ts";
import { WorkerError } from "../api/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { type DialOptions, dialPeer } from "./dial_peer.ts";
import { pingPeer } from "./ping_peer.ts";
import { RequestChannel } from "./request_channel.ts";
import type { TunnelRequest, TunnelResponse } from "./tunnel_request.ts";

/** Requests at once over one link: some fewer than a listener allows. */
const MAX_REQUESTS = 250;

/** How {@linkcode PeerLink.open} connects. Times in milliseconds. */
export interface PeerLinkOptions extends DialOptions {
  verifier: Pick<PeerVerifier, "verify" | "recheck">;
  /** Throws when who answers is somebody else; asked again by each `request`. */
  expect(identity: Identity): void;
  /** From the answer to a ping to the next one. @default {15_000} */
  pingIntervalMs?: number;
  /** Until a ping must be answered. @default {5_000} */
  pingTimeoutMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/** A connection from one member to another at an address, over which the one that dialled asks. */
export class PeerLink {
  /** `host:port` that was dialled. */
  readonly address: string;
  /** Who answers, from its certificate. */
  readonly identity: Identity;
  /** Resolves when nothing of it is left, with the reason; null when it ended in good order. */
  readonly closed: Promise<string | null>;
  readonly #channel: RequestChannel;
  readonly #verifier: PeerLinkOptions["verifier"];
  #state: "open" | "draining" | "closed" = "open";
  #end: { reason: string | null } | undefined;
  /** Called when the last request under way has ended. */
  onIdle: () => void = () => {};

  private constructor(
    { socket, identity, address }: Awaited<ReturnType<typeof dialPeer>>,
    options: PeerLinkOptions,
  ) {
    this.address = address;
    this.identity = identity;
    this.#verifier = options.verifier;
    this.#channel = new RequestChannel(socket, {
      way: `the connection to "${address}"`,
      peer: `"${identity.name}" at "${address}"`,
      maxRequests: MAX_REQUESTS,
      onGoaway: () => this.close(),
      onBroken: (reason) => this.destroy(reason),
      onSettled: () => this.#settled(),
    });
    const { pingIntervalMs = 15_000, pingTimeoutMs = 5_000 } = options;
    const stopPings = pingPeer(this.#channel.session, {
      clock: options.clock ?? SYSTEM_CLOCK,
      backlog: this.#channel.backlog,
      intervalMs: pingIntervalMs,
      timeoutMs: pingTimeoutMs,
      onSilent: () =>
        this.destroy(`no answer to a ping within ${pingTimeoutMs} ms`),
    });
    const closed = Promise.withResolvers<string | null>();
    this.closed = closed.promise;
    const over = () => {
      stopPings();
      this.#state = "closed";
      const reason = "the peer closed the connection";
      closed.resolve(this.#end ? this.#end.reason : reason);
    };
    if (socket.destroyed) over();
    else socket.once("close", over);
  }

  /**
   * Connects and verifies who answers.
   *
   * @throws the signal's reason, or `UNAVAILABLE` that says what was dialled and why it failed.
   */
  static async open(
    address: string,
    options: PeerLinkOptions,
  ): Promise<PeerLink> {
    try {
      const dialled = await dialPeer(address, {
        ...options,
        protocol: "h2",
        action: "connect to",
        unspoken: "it speaks no HTTP/2",
      });
      return new PeerLink(dialled, options);
    } catch (cause) {
      options.signal.throwIfAborted();
      throw new WorkerError("UNAVAILABLE", (cause as Error).message, { cause });
    }
  }

  /** Whether it takes requests. */
  get usable(): boolean {
    return this.#state === "open";
  }

  /** Requests under way. */
  get requests(): number {
    return this.#channel.open;
  }

  /**
   * Asks the peer, whose certificate is checked again before. See {@linkcode RequestChannel}.
   *
   * @throws the signal's reason; `UNAVAILABLE` when it takes nothing new, breaks, or the certificate
   * of the peer is not good any more.
   */
  async request(request: TunnelRequest): Promise<TunnelResponse> {
    if (!this.usable) {
      throw new WorkerError(
        "UNAVAILABLE",
        `the connection to "${this.address}" is ${this.#state}: ask again`,
      );
    }
    try {
      this.#verifier.recheck(this.identity);
    } catch (cause) {
      const { message } = cause as Error;
      this.destroy(message);
      throw new WorkerError("UNAVAILABLE", message, { cause });
    }
    return await this.#channel.request(request);
  }

  /** Takes nothing new, and ends when what is under way has ended. Calling it again is fine. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    this.#settled();
  }

  /** Cuts everything at once. */
  destroy(reason: string | null): void {
    this.#end ??= { reason };
    this.#state = "closed";
    this.#channel.destroy(reason);
  }

  #settled(): void {
    if (this.#channel.open > 0) return;
    if (this.#state === "open") return this.onIdle();
    if (this.#state === "closed") return;
    this.#end ??= { reason: null };
    this.#channel.close();
  }
}
