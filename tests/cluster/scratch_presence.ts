import { identityOf, readRotation } from "../../certs/mod.ts";
import type { Identity } from "../../certs/identity.ts";
import type { JoinAnswer } from "../../lib/api/cluster.ts";
import type { Heartbeat } from "../../lib/api/presence.ts";
import {
  authorityOf,
  MemberDirectory,
  Presence,
} from "../../lib/cluster/mod.ts";
import { derOf } from "../certs/workspace.ts";
import { csrOf, newKey, ScratchCluster } from "./scratch_cluster.ts";

/** Presence over a scratch cluster; it can be started again, as a server is. */
export class ScratchPresence implements AsyncDisposable {
  /** Names of hosts that were revoked, in order. */
  readonly revoked: string[] = [];
  directory = new MemberDirectory();
  presence!: Presence;

  private constructor(readonly cluster: ScratchCluster) {}

  /** Over that cluster, which is gone with it. @default one of its own */
  static async create(cluster?: ScratchCluster): Promise<ScratchPresence> {
    const scratch = new ScratchPresence(
      cluster ?? await ScratchCluster.create(),
    );
    await scratch.start();
    return scratch;
  }

  async start(): Promise<void> {
    const { cluster } = this;
    const { store, members, revocations, clock, directory: stateDir } = cluster;
    this.directory = new MemberDirectory();
    this.presence = await Presence.start({
      ...{ store, members, revocations, clock, directory: this.directory },
      authority: authorityOf(stateDir, clock),
      rotation: () => readRotation(stateDir),
      revoked: ({ name }) => void this.revoked.push(name),
    });
  }

  async restart(): Promise<void> {
    await this.presence[Symbol.asyncDispose]();
    await this.start();
  }

  /** Lets a host in as the first of `roles`, which its certificate is of, and as the others. */
  async join(
    name: string,
    { roles = ["node"], labels = ["*"], key }: {
      roles?: string[];
      labels?: string[];
      key?: string;
    } = {},
  ): Promise<Joined> {
    key ??= await newKey();
    const answer = await this.cluster.join({
      token: await this.cluster.token({ roles, labels }),
      name,
      csr: await csrOf(key, { name }),
    });
    return { key, answer, identity: identityAs(answer, roles[0]!) };
  }

  /** A heartbeat of a member that knows all that there is to know. */
  async beat(
    { identity, answer }: Pick<Joined, "identity" | "answer">,
    more: Partial<Heartbeat> = {},
  ) {
    return await this.presence.accept(
      identity,
      heartbeat({
        roles: [identity.kind as "node"],
        trusts: answer.caPins,
        ...more,
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.presence[Symbol.asyncDispose]();
    await this.cluster[Symbol.asyncDispose]();
  }
}

/** A host that was let in. */
export interface Joined {
  key: string;
  answer: JoinAnswer;
  identity: Identity;
}

/** Who shows the certificate of an answer that is of that kind. */
export function identityAs(
  { certificates }: JoinAnswer,
  kind: string,
): Identity {
  const given = certificates.find((each) => each.kind === kind)!;
  return identityOf(derOf(given.certificate));
}

/** What a node says that is new and has nothing to say. */
export function heartbeat(more: Partial<Heartbeat> = {}): Heartbeat {
  return {
    roles: ["node"],
    version: "1.0.0",
    instance: "i-1",
    addresses: [],
    labels: {},
    load: null,
    proxies: [],
    deployment: null,
    trusts: [],
    revocations: null,
    leaving: false,
    ...more,
  };
}
