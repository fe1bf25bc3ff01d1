import * as z from "zod";
import { MEMBER_KINDS, type MemberKind } from "../api/cluster.ts";
import type {
  Heartbeat,
  MemberStatus,
  NodeStatus,
  ProxyStatus,
} from "../api/presence.ts";
import type { MemberDirectory } from "./member_directory.ts";
import type { MemberRecord } from "./members.ts";

const KindSchema = z.enum(MEMBER_KINDS);

/** What is kept of a host that was heard of; times in ms since the epoch. */
export const HostRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Of the certificate that it shows. */
  kind: KindSchema,
  roles: z.array(KindSchema),
  state: z.enum(["online", "offline"]),
  lastSeen: z.number().nullable(),
  version: z.string(),
  instance: z.string(),
  addresses: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  load: z.object({ jobs: z.number(), load1: z.number(), cores: z.number() })
    .nullable(),
  proxies: z.array(z.string()),
  deployment: z.object({ group: z.string(), generation: z.number() })
    .nullable(),
  /** The certificate that it showed last; null when it was not heard of. */
  certificate: z.object({ serial: z.string(), fingerprint: z.string() })
    .nullable(),
});

/** A host of the cluster, with all that it is. */
export type HostRecord = z.infer<typeof HostRecordSchema>;

/** A host that joined and was not heard of since. */
export function unheardHost(
  { id, name, kind, labels }: MemberRecord,
): HostRecord {
  return {
    id,
    name,
    kind,
    roles: [kind],
    state: "offline",
    lastSeen: null,
    version: "",
    instance: "",
    addresses: [],
    labels,
    load: null,
    proxies: [],
    deployment: null,
    certificate: null,
  };
}

/** A host as its heartbeat says that it is. */
export function heardHost(
  { id, name, kind }: MemberRecord,
  { heartbeat, now, certificate }: {
    heartbeat: Heartbeat;
    now: number;
    certificate: { serial: string; fingerprint: string };
  },
): HostRecord {
  const { trusts: _, revocations: __, leaving, ...said } = heartbeat;
  const { serial, fingerprint } = certificate;
  return {
    ...said,
    labels: { ...said.labels },
    ...{ id, name, kind },
    state: leaving ? "offline" : "online",
    lastSeen: now,
    certificate: { serial, fingerprint },
  };
}

/** Whether there is more that is new of a host than that it is alive. */
export function isChanged(before: HostRecord, now: HostRecord): boolean {
  return stable(before) !== stable(now);
}

function stable(host: HostRecord): string {
  return JSON.stringify({ ...host, lastSeen: null, load: null });
}

/** Puts a host into the directory as all that it is. */
export function showHost(directory: MemberDirectory, host: HostRecord): void {
  for (const role of host.roles) {
    if (role === "node") directory.setNode(nodeStatus(host));
    else if (role === "proxy") directory.setProxy(proxyStatus(host));
    else directory.setAuth(memberStatus(host));
  }
}

/** Takes a host out of the directory as some of what it is. Another one of that name stays. */
export function hideHost(
  directory: MemberDirectory,
  { id, name }: HostRecord,
  roles: readonly MemberKind[],
): void {
  for (const role of roles) {
    const there = role === "node"
      ? directory.node(name)
      : role === "proxy"
      ? directory.proxy(name)
      : { id };
    if (there?.id === id) directory.remove(role, name);
  }
}

function memberStatus(host: HostRecord): MemberStatus {
  const { id, name, state, lastSeen, roles, version, addresses } = host;
  return {
    ...{ id, name, state },
    lastSeen: lastSeen === null ? null : new Date(lastSeen).toISOString(),
    ...{ roles, version, addresses },
  };
}

function nodeStatus(host: HostRecord): NodeStatus {
  const { labels, load, proxies } = host;
  return { ...memberStatus(host), labels, load, proxies };
}

function proxyStatus(host: HostRecord): ProxyStatus {
  const { group, generation } = host.deployment ?? { group: "", generation: 0 };
  return { ...memberStatus(host), group, generation };
}
