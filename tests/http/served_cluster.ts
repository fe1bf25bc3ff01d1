import { PeerVerifier, statePaths } from "../../certs/mod.ts";
import { CertificateAuthority } from "../../certs/authority.ts";
import type { AuditDraft } from "../../lib/api/audit_event.ts";
import type { IssueRequest } from "../../certs/issue_request.ts";
import type { App } from "../../lib/http/env.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { requestListener } from "../../lib/http/request_listener.ts";
import { auditCalls } from "../../lib/http/middleware/audit.ts";
import { authenticate } from "../../lib/http/middleware/authenticate.ts";
import { readBody } from "../../lib/http/middleware/read_body.ts";
import { newApp } from "../../lib/http/new_app.ts";
import {
  openClusterRoutes,
  userClusterRoutes,
} from "../../lib/http/cluster_routes.ts";
import type { ClusterServices } from "../../lib/http/cluster_services.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import { AuthorityRotation, revokeHost } from "../../lib/cluster/mod.ts";
import type { ScratchCluster } from "../cluster/scratch_cluster.ts";
import { ScratchPresence } from "../cluster/scratch_presence.ts";
import { ApiClient } from "../helpers/api_client.ts";
import type { PemPair } from "../helpers/tls.ts";

/** The routes of a cluster's authority behind a real TLS listener. */
export class ServedCluster implements AsyncDisposable {
  readonly audited: AuditDraft[] = [];
  readonly #stack = new AsyncDisposableStack();
  #listener!: TlsListener;
  #ca!: CertificateAuthority;

  /** What the routes have; a test may take some of it away before it asks. */
  readonly services: ClusterServices;

  private constructor(readonly scratch: ScratchPresence) {
    this.services = servicesOf(scratch);
  }

  get cluster(): ScratchCluster {
    return this.scratch.cluster;
  }

  /** @param hostname Where it listens. @default {"127.0.0.1"} */
  static async start(hostname = "127.0.0.1"): Promise<ServedCluster> {
    const served = new ServedCluster(await ScratchPresence.create());
    await served.#serve(hostname);
    return served;
  }

  get address(): string {
    return `localhost:${this.port}`;
  }

  get port(): number {
    return this.#listener.addresses[0]!.port;
  }

  /** A client with a certificate of the cluster's; without one when nobody is named. */
  async as(request?: IssueRequest): Promise<ApiClient> {
    if (!request) return this.with(undefined);
    const { certificatePem, keyPem } = await this.#ca.issue(request);
    return this.with({ cert: certificatePem, key: keyPem });
  }

  with(pair: PemPair | undefined): ApiClient {
    const { certificatePem: ca } = this.#ca;
    const origin = `https://${this.address}`;
    return this.#stack.use(
      new ApiClient({ origin, ca, pair, protocol: "http/1.1" }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #serve(hostname: string): Promise<void> {
    const { cluster } = this;
    this.#stack.use(this.scratch);
    const paths = statePaths(cluster.directory);
    const read = (path: string) => Deno.readTextFile(path);
    const ca = await read(paths.caCert);
    this.#ca = await CertificateAuthority.load({
      certificate: ca,
      key: await read(paths.caKey),
    });
    const { revocations } = cluster;
    const verifier = new PeerVerifier({ caBundle: ca, revocations });
    const socket = this.#stack.use(
      ListeningSocket.listen({ hostname, port: 0 }),
    );
    this.#listener = this.#stack.use(
      await TlsListener.listen({
        sockets: [socket],
        cert: await read(paths.serverCert),
        key: await read(paths.serverKey),
        ca,
        verify: (raw) => verifier.verify(raw),
        recheck: (who) => verifier.recheck(who),
        handler: requestListener(this.#app()),
      }),
    );
  }

  #app(): App {
    const { clock } = this.cluster;
    const app = newApp();
    app.use(auditCalls({ record: (event) => void this.audited.push(event) }));
    openClusterRoutes(app, this.services, { clock });
    app.use("/v1/*", authenticate);
    app.use("/v1/*", readBody);
    userClusterRoutes(app, this.services);
    return app;
  }
}

function servicesOf({ cluster, presence, directory }: ScratchPresence) {
  const { authority, tokens, members, clock } = cluster;
  const rotation = new AuthorityRotation({
    ...{ stateDir: cluster.directory, members, clock },
    // deno-lint-ignore require-await
    moved: async () => presence.refresh(),
  });
  return {
    directory,
    auth: () => ({
      ...{ authority, tokens, presence, rotation },
      members: {
        async revoke(id, { reason }) {
          await revokeHost(members, { id, reason });
          presence.dropRevoked();
        },
      },
    }),
  } satisfies ClusterServices as ClusterServices;
}
