import { join } from "node:path";
import {
  createCertificateRequest,
  identityOf,
  initialise,
  parseAlternativeName,
  RevocationList,
  statePaths,
} from "../../certs/mod.ts";
import { generateKeys } from "../../certs/keys.ts";
import {
  JoinRequestSchema,
  TokenRequestSchema,
} from "../../lib/api/cluster_schema.ts";
import type { JoinAnswer } from "../../lib/api/cluster.ts";
import {
  authorityOf,
  ClusterAuthority,
  JoinTokens,
  Members,
  SqliteStore,
} from "../../lib/cluster/mod.ts";
import { derOf } from "../certs/workspace.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

/** A cluster in a state directory of its own, on a clock that the test turns. */
export class ScratchCluster implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly store: SqliteStore;
  readonly tokens: JoinTokens;
  readonly members: Members;
  readonly authority: ClusterAuthority;

  private constructor(
    readonly directory: string,
    readonly revocations: RevocationList,
    { wall }: { wall: number },
  ) {
    this.clock.setWall(wall);
    const { clock } = this;
    const path = join(directory, "cluster.db");
    this.store = SqliteStore.open(path, { clock });
    this.tokens = new JoinTokens({ store: this.store, clock });
    this.members = new Members({
      store: this.store,
      clock,
      revoke: (certificates) => revocations.add(certificates),
    });
    this.authority = new ClusterAuthority({
      tokens: this.tokens,
      members: this.members,
      revocations,
      authority: authorityOf(directory, clock),
      clock,
    });
  }

  static async create(): Promise<ScratchCluster> {
    const directory = await Deno.makeTempDir({ prefix: "worker-cluster-" });
    await initialise(directory, { hostname: "a", cluster: "demo" });
    const revocations = await RevocationList.load(
      statePaths(directory).revoked,
    );
    return new ScratchCluster(directory, revocations, { wall: Date.now() });
  }

  /** A token; what is left out is the default. */
  async token(request: Record<string, unknown> = {}): Promise<string> {
    const { token } = await this.tokens.create(
      TokenRequestSchema.parse({ roles: ["node"], ...request }),
      { createdBy: "root" },
    );
    return token;
  }

  join(request: Record<string, unknown>): Promise<JoinAnswer> {
    return this.authority.join(JoinRequestSchema.parse(request));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store[Symbol.dispose]();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A new key. */
export async function newKey(): Promise<string> {
  return (await generateKeys("p256")).privateKeyPem;
}

/** A certificate signing request of a key. */
export async function csrOf(
  key: string,
  { name = "web-1", sans = [] }: { name?: string; sans?: string[] } = {},
): Promise<string> {
  return await createCertificateRequest(key, {
    name,
    sans: sans.map(parseAlternativeName),
  });
}

/** What the only certificate of an answer says. */
export function identityIn({ certificates }: JoinAnswer) {
  return identityOf(derOf(certificates[0]!.certificate));
}

/** One of the certificates of an answer. */
export type JoinCertificate = JoinAnswer["certificates"][number];
