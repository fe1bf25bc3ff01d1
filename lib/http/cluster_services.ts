import type { MiddlewareHandler } from "hono";
import type { Identity } from "../../certs/identity.ts";
import type { MemberKind } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import type {
  Heartbeat,
  HeartbeatAnswer,
  TunnelRecord,
} from "../api/presence.ts";
import type { RotationRequest, RotationStatus } from "../api/rotation.ts";
import type { TunnelDiscovery } from "../api/tunnel_status.ts";
import type { MemberDirectory } from "../cluster/mod.ts";
import type { AppEnv } from "./env.ts";
import type { CaService } from "./routes/ca.ts";
import type { JoinService } from "./routes/join.ts";
import type { TokenServices } from "./routes/tokens.ts";

/** What only a server with the role auth has. */
export interface AuthServices {
  authority: JoinService & CaService;
  tokens: TokenServices["tokens"];
  presence: {
    accept(identity: Identity, heartbeat: Heartbeat): Promise<HeartbeatAnswer>;
  };
  members: {
    /** Never lets a host in again with what it has, as whatever it is. */
    revoke(
      id: { kind: MemberKind; name: string },
      options: { reason: string | null },
    ): Promise<void>;
  };
  rotation: {
    status(): Promise<RotationStatus>;
    advance(request: RotationRequest): Promise<RotationStatus>;
  };
}

/** The tunnels of a proxy. */
export interface TunnelSource {
  list(): TunnelRecord[];
  /** All tunnels, then what changes, until `signal` aborts. */
  watch(options: { signal: AbortSignal }): AsyncIterable<TunnelLine>;
}

/** One line of `GET /v1/tunnels?watch=true`. */
export type TunnelLine =
  | { type: "tunnel" } & TunnelRecord
  | { type: "removed"; node: string; reason: string | null };

/** What a server knows and does of its cluster. */
export interface ClusterServices {
  /** Nodes and proxies as it knows them. */
  directory: MemberDirectory;
  /**
   * Throws `UNAVAILABLE` when it can't answer yet.
   *
   * @default another server has the role auth
   */
  auth?: () => AuthServices;
  /** Whether auth ends with its server, so that another one can be asked. @default {() => false} */
  authLeaves?: () => boolean;
  /** Passes the calls for auth on to it. @default they are refused */
  relay?: MiddlewareHandler<AppEnv>;
  /** @default the server is no proxy */
  tunnels?: TunnelSource;
  /** How this node looks for its proxies; null when it dials none. @default null */
  discovery?: () => TunnelDiscovery | null;
}

/**
 * What a server has as auth.
 *
 * @throws {WorkerError} `UNAVAILABLE` when it is not, or not yet: who asks goes to another server.
 */
export function authOf({ auth }: Pick<ClusterServices, "auth">): AuthServices {
  if (auth) return auth();
  throw new WorkerError(
    "UNAVAILABLE",
    "this server has not the role auth: ask the one that has it",
  );
}
