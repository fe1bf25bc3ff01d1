import type { ConfigProblem } from "./config_error.ts";
import type { EffectiveSetting } from "./effective_setting.ts";
import type { SettingName, SettingValues } from "./settings.ts";

/** What {@linkcode clusterProblems} looks at. */
const LOOKED_AT: readonly SettingName[] = [
  "cert",
  "roles",
  "label",
  "public-addr",
  "proxy",
  "join",
  "ca-pin",
];

const FOR_EXAMPLE = 'for example "a.example:7443"';

/**
 * What is wrong with settings of a cluster together, each of which is right by itself.
 *
 * @param values true for all settings that `problems` do not name
 */
export function clusterProblems(
  { values, effective, problems }: {
    values: SettingValues;
    effective: readonly EffectiveSetting[];
    problems: readonly ConfigProblem[];
  },
): ConfigProblem[] {
  const isUnread = LOOKED_AT.some((name) =>
    problems.some(({ key }) => key === name)
  );
  if (isUnread) return [];
  const wrong = (name: SettingName, message: string): ConfigProblem => {
    const { from } = effective.find((one) => one.name === name)!;
    return { at: from, key: name, message };
  };
  const { roles } = values;
  if (roles.length === 0) {
    return [
      wrong(
        "roles",
        "no role is named: write one or more of auth, proxy, node",
      ),
    ];
  }
  const named = `"${roles.join(",")}"`;
  const isMember = !roles.includes("auth");
  const hasProxy = values.proxy.length > 0;
  const found = joinProblems(values).map((message) => wrong("join", message));
  if (isMember && !hasProxy) {
    found.push(wrong(
      "roles",
      `${named} without auth belongs to a cluster whose authority is elsewhere: give the address of one of its servers with proxy, ${FOR_EXAMPLE}`,
    ));
  }
  if (
    isMember && roles.includes("proxy") && values["public-addr"].length === 0
  ) {
    found.push(wrong(
      "roles",
      `${named} has a proxy, and others have to know where to connect to it: give its address with public-addr, ${FOR_EXAMPLE}`,
    ));
  }
  const keys = values.label.map(({ key }) => key);
  const again = keys.find((key, at) => keys.indexOf(key) !== at);
  if (again !== undefined) {
    found.push(
      wrong("label", `"${again}" has two values: keep one of them`),
    );
  }
  return found;
}

function joinProblems(values: SettingValues): string[] {
  if (values.join === null) return [];
  if (values.roles.includes("auth")) {
    return [
      `a server with the role auth has an authority of its own and joins no cluster: leave auth out of roles, for example "node", or leave join out`,
    ];
  }
  if (values.cert !== null) {
    return [
      "a host that joins is given its certificate: leave cert, key and cacert out, or leave join out",
    ];
  }
  return [
    ...values.proxy.length > 0 ? [] : [
      `the token is given without a server to join through: give its address with proxy, ${FOR_EXAMPLE}`,
    ],
    ...values["ca-pin"].length > 0 ? [] : [
      'the token is given without ca-pin, by which the authority is known before the token is sent: copy "sha256:…" from the line that `worker token create` printed',
    ],
  ];
}

/** Whether a host is reached through tunnels alone: it listens only where it was told to. */
export function isTunnelNode(
  values: Pick<SettingValues, "roles" | "public-addr" | "proxy">,
): boolean {
  return values.roles.every((role) => role === "node") &&
    values["public-addr"].length === 0 && values.proxy.length > 0;
}
