import type {
  NodeLoad,
  NodeStatus,
  ProxyStatus,
} from "../../lib/api/presence.ts";
import { describeAge } from "./render_jobs.ts";
import { renderTable, type TableOptions } from "./table.ts";
import { visible } from "./visible.ts";

/** How a table of members is drawn. */
export interface MemberTableOptions extends Pick<TableOptions, "width"> {
  /** Milliseconds since the epoch. @default {Date.now()} */
  now?: number;
}

const NODE_HEADER = [
  ...["NAME", "STATE", "LABELS", "VERSION", "LOAD", "VIA", "LAST SEEN"],
];
const PROXY_HEADER = [
  ...["NAME", "STATE", "ADDRESSES", "VERSION", "GROUP", "GEN", "LAST SEEN"],
];

/** Nodes as a table for people. */
export function renderNodes(
  nodes: readonly NodeStatus[],
  { now = Date.now(), ...options }: MemberTableOptions = {},
): string {
  const rows = nodes.map((node) => nodeCells(node, now));
  return renderTable([NODE_HEADER, ...rows], options);
}

/** Proxies as a table for people. */
export function renderProxies(
  proxies: readonly ProxyStatus[],
  { now = Date.now(), ...options }: MemberTableOptions = {},
): string {
  const rows = proxies.map((proxy) => proxyCells(proxy, now));
  return renderTable([PROXY_HEADER, ...rows], options);
}

function nodeCells(node: NodeStatus, now: number): string[] {
  const { name, state, labels, version, load, lastSeen } = node;
  return [
    name,
    state,
    describeLabels(labels),
    version || "-",
    describeLoad(load),
    describeWay(node),
    describeSeen(lastSeen, now),
  ].map(visible);
}

function proxyCells(proxy: ProxyStatus, now: number): string[] {
  const { name, state, addresses, version, group, generation, lastSeen } =
    proxy;
  return [
    name,
    state,
    addresses.join(", ") || "-",
    version || "-",
    group,
    String(generation),
    describeSeen(lastSeen, now),
  ].map(visible);
}

/** `env=prod,tier=web`, as a selector has it. */
function describeLabels(labels: NodeStatus["labels"]): string {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`).sort()
    .join(",") || "-";
}

/** `0.42 of 8, 3 jobs` */
function describeLoad(load: NodeLoad | null): string {
  if (load === null) return "-";
  const jobs = load.jobs === 1 ? "1 job" : `${load.jobs} jobs`;
  return `${load.load1.toFixed(2)} of ${load.cores}, ${jobs}`;
}

/** `direct`, or the proxies that it has a tunnel to. */
/** What an offline node said last of its tunnels is no way to it. */
function describeWay({ state, addresses, proxies }: NodeStatus): string {
  if (addresses.length > 0) return "direct";
  return state === "offline" ? "-" : proxies.join(",") || "-";
}

function describeSeen(lastSeen: string | null, now: number): string {
  if (lastSeen === null) return "never";
  return `${describeAge(now - Date.parse(lastSeen))} ago`;
}
