/** Real tunnels over loopback: a listener that takes them, and nodes that dial it. */
import type { Http2ServerResponse } from "node:http2";
import { CertificateAuthority } from "../../certs/authority.ts";
import { hostAlternativeName } from "../../certs/alternative_name.ts";
import type { IdentityKind } from "../../certs/identity.ts";
import { RevocationList } from "../../certs/revocation.ts";
import { PeerVerifier } from "../../certs/verify.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import {
  AgentTunnel,
  type AgentTunnelOptions,
  type TunnelExchange,
} from "../../lib/tunnel/agent_tunnel.ts";
import {
  dialProxy,
  type TunnelCredentials,
} from "../../lib/tunnel/dial_proxy.ts";
import {
  type TunnelEvent,
  TunnelServer,
  type TunnelServerOptions,
} from "../../lib/tunnel/tunnel_server.ts";
import { waitFor } from "./wait_for.ts";

const CHUNK = new Uint8Array(64 * 1024);

/** The authority of tests of tunnels; made once in a process. */
export function tunnelAuthority(): Promise<CertificateAuthority> {
  return made ??= CertificateAuthority.create({ cluster: "test" });
}

let made: Promise<CertificateAuthority> | undefined;

/** Issues credentials of a kind; those of a proxy are good for both sides. */
export async function tunnelCredentials(
  name: string,
  { kind = "node", ttl = 86_400_000, authority, now }: {
    kind?: IdentityKind;
    ttl?: number;
    authority?: CertificateAuthority;
    now?: () => number;
  } = {},
): Promise<TunnelCredentials> {
  const own = await tunnelAuthority();
  const from = now
    ? await CertificateAuthority.load({
      certificate: own.certificatePem,
      key: own.keyPem,
    }, { now })
    : authority ?? own;
  const { certificatePem, keyPem } = await from.issue({
    ...{ name, kind, ttl },
    usages: kind === "proxy" ? ["server", "client"] : ["client"],
    sans: kind === "proxy" ? [hostAlternativeName("localhost")] : [],
  });
  return { ca: own.certificatePem, cert: certificatePem, key: keyPem };
}

/** Trusts the bundle; nothing is revoked. */
export async function verifierFor(caBundle: string): Promise<PeerVerifier> {
  // A list that has no file is empty.
  const revocations = await RevocationList.load("/nonexistent/revoked.json");
  return new PeerVerifier({ caBundle, revocations });
}

/** A proxy as far as it takes tunnels: a listener on a free port of loopback. */
export class TestProxy implements AsyncDisposable {
  private constructor(
    readonly server: TunnelServer,
    readonly events: readonly TunnelEvent[],
    private readonly socket: ListeningSocket,
    private readonly listener: TlsListener,
  ) {}

  static async start(
    { credentials, ...options }:
      & Partial<TunnelServerOptions>
      & { credentials?: TunnelCredentials } = {},
  ): Promise<TestProxy> {
    const { proxy = "proxy-1" } = options;
    const own = credentials ?? await tunnelCredentials(proxy, {
      kind: "proxy",
    });
    const verifier = await verifierFor(own.ca);
    const events: TunnelEvent[] = [];
    const server = new TunnelServer({
      proxies: () => [],
      log: (event) => events.push(event),
      ...options,
      proxy,
    });
    const socket = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
    const listener = await TlsListener.listen({
      ...own,
      sockets: [socket],
      verify: (raw) => verifier.verify(raw),
      recheck: (identity) => verifier.recheck(identity),
      handler: (_, outgoing) => outgoing.end(),
      tunnel: (connection) => server.accept(connection),
    });
    return new TestProxy(server, events, socket, listener);
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address.port}`;
  }

  /** Waits until a node's tunnel is there. */
  async tunnel(node: string) {
    return await waitFor(
      `the tunnel of ${node}`,
      () => this.server.registry.get(node),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.listener[Symbol.asyncDispose]();
    this.socket[Symbol.dispose]();
  }
}

/** Dials a proxy as a node with {@linkcode answer} as its handler, and serves. */
export async function dialAs(
  node: string,
  { address, credentials, ...options }:
    & Partial<AgentTunnelOptions>
    & { address: string; credentials?: TunnelCredentials },
): Promise<AgentTunnel & AsyncDisposable> {
  const own = credentials ?? await tunnelCredentials(node);
  const dialled = await dialProxy(address, {
    credentials: own,
    verifier: await verifierFor(own.ca),
    signal: new AbortController().signal,
  });
  const tunnel = new AgentTunnel(dialled, {
    handler: answer,
    labels: {},
    ...options,
    node,
  });
  tunnel.serve();
  return Object.assign(tunnel, {
    [Symbol.asyncDispose]: () => tunnel.close(),
  });
}

/**
 * What a node of tests answers: `/echo` (the body), `/bytes?n=` (so many), `/hang`, `/part` (some of
 * a body and then nothing), `/cut` (a body that ends early), `/throw`; else `hello`.
 */
export async function answer(
  { incoming, outgoing, tunnel }: TunnelExchange,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://node");
  switch (url.pathname) {
    case "/echo":
      for await (const bytes of incoming) await put(outgoing, tunnel, bytes);
      return void outgoing.end();
    case "/bytes": {
      let rest = Number(url.searchParams.get("n"));
      while (rest > 0 && !outgoing.destroyed && !outgoing.stream.destroyed) {
        const bytes = CHUNK.subarray(0, Math.min(rest, CHUNK.length));
        await put(outgoing, tunnel, bytes);
        rest -= bytes.length;
      }
      return void outgoing.end();
    }
    case "/hang":
      return;
    case "/part":
      outgoing.writeHead(200);
      outgoing.write("part");
      return;
    case "/cut":
      outgoing.writeHead(200);
      outgoing.write("part");
      throw new Error("thrown by the handler");
    case "/throw":
      throw new Error("thrown by the handler");
    default:
      outgoing.setHeader("x-node", "yes");
      outgoing.end("hello");
  }
}

async function put(
  outgoing: Http2ServerResponse,
  tunnel: AgentTunnel,
  bytes: Uint8Array,
): Promise<void> {
  if (!outgoing.write(bytes) && !outgoing.stream?.destroyed) {
    const room = Promise.withResolvers<void>();
    outgoing.once("drain", room.resolve).once("close", room.resolve);
    await room.promise;
    outgoing.off("drain", room.resolve).off("close", room.resolve);
  }
  await tunnel.drained();
}

/** All bytes of a body. */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(ReadableStream.from(body)).arrayBuffer(),
  );
}
