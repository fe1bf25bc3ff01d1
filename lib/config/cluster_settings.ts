import {
  concealJoin,
  parseGeneration,
  parseGroup,
  parseJoin,
  parseLabel,
  parseMemberName,
  parsePin,
  parseRole,
  parseServerAddress,
} from "./cluster_parsers.ts";
import { list, one, optional } from "./setting.ts";

const TEXT = { type: "string", minLength: 1 } as const;

const ROLE = "(?:auth|proxy|node)";

const ADDRESS = {
  value: "HOST:PORT",
  initial: [],
  reload: false,
  schema: TEXT,
  parse: parseServerAddress,
} as const;

/** The settings by which a host belongs to a cluster of several: a part of `SETTINGS`. */
export const CLUSTER_SETTINGS = {
  "roles": list({
    value: "ROLES",
    help: "what this host is in its cluster",
    expected: "auth, proxy or node, with commas between",
    initial: ["auth", "proxy", "node"],
    example: "node",
    commas: true,
    reload: false,
    schema: { type: "string", pattern: `^${ROLE}(?:\\s*,\\s*${ROLE})*$` },
    parse: parseRole,
    of: (config) => config.roles,
  }),
  "name": optional({
    value: "NAME",
    help: "its name in the cluster",
    expected: 'a name such as "web-1"',
    without: "the name of the host",
    example: "web-1",
    reload: false,
    schema: TEXT,
    parse: parseMemberName,
    of: (config) => config.name,
  }),
  "label": list({
    value: "KEY=VALUE",
    help: "a label by which it is found",
    expected: 'a label such as "env=prod"',
    initial: [],
    example: "env=prod",
    reload: true,
    schema: { type: "string", pattern: "=" },
    parse: parseLabel,
    of: (config) => config.labels,
  }),
  "public-addr": list({
    ...ADDRESS,
    help: "where others of the cluster, and clients, connect to this host",
    expected: 'an address such as "a.example:7443"',
    example: "a.example:7443",
    of: (config) => config.publicAddrs,
  }),
  "proxy": list({
    ...ADDRESS,
    help: "a server of the cluster, to join and to connect through",
    expected: 'the address of a server such as "a.example:7443"',
    example: "a.example:7443",
    of: (config) => config.proxies,
  }),
  "join": optional({
    value: "TOKEN",
    help: "join a cluster with this token, or with the one in this file",
    expected:
      'a token of `worker token create`, or the path of a file that holds it such as "/etc/worker/token"',
    without: null,
    example: "/etc/worker/token",
    reload: false,
    schema: TEXT,
    parse: parseJoin,
    conceal: concealJoin,
    of: (config) => config.join,
  }),
  "ca-pin": list({
    value: "PIN",
    help: "by which the authority of the cluster is known when joining",
    expected: 'a pin of `worker token create`, "sha256:" and 64 digits',
    initial: [],
    example: `sha256:${"0123456789abcdef".repeat(4)}`,
    reload: false,
    schema: TEXT,
    parse: parsePin,
    of: (config) => config.caPins,
  }),
  "proxy-group": one({
    value: "NAME",
    help: "of a proxy: the deployment that it belongs to",
    expected: 'a name such as "eu"',
    initial: "default",
    reload: false,
    schema: TEXT,
    parse: parseGroup,
    of: (config) => config.deployment.group,
  }),
  "proxy-generation": one({
    value: "N",
    help: "of a proxy: nodes leave older generations of its group for this one",
    expected: 'a whole number such as "2"',
    initial: "0",
    reload: false,
    schema: {
      type: ["integer", "string"],
      minimum: 0,
      pattern: "^(?:0|[1-9]\\d{0,14})$",
    },
    parse: parseGeneration,
    of: (config) => config.deployment.generation,
  }),
} as const;
