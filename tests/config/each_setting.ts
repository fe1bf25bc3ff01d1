import type { ServeConfig } from "../../lib/config/serve_config.ts";
import type { SettingName } from "../../lib/config/settings.ts";

/** A value of a setting other than its default, as each source says it, and what it becomes. */
export interface EachSetting {
  name: SettingName;
  /** Values of the flag, of which there may be several. */
  flags: string[];
  variable: string;
  yaml: string;
  becomes: Partial<ServeConfig>;
  /** As `config print` shows it. */
  shown: unknown;
}

const PIN = `sha256:${"0123456789abcdef".repeat(4)}`;

const deployment = { group: "default", generation: 0 };

const tls = { cert: "/x/a.crt", key: "/x/a.key", ca: "/x/ca.crt" };

/** A single value is written alike everywhere. */
const one = (
  name: SettingName,
  text: string,
  becomes: Partial<ServeConfig>,
): EachSetting => ({
  name,
  flags: [text],
  variable: text,
  yaml: `${name}: ${text}\n`,
  becomes,
  shown: text,
});

const audit = { fileSize: 16 * 2 ** 20, keep: 90 * 86_400_000 };

/** All but `join`, which is wrong alone: see `join_test.ts`. */
export const EACH_SETTING: readonly EachSetting[] = [
  {
    name: "listen",
    flags: ["127.0.0.1:80", "[::1]:0"],
    variable: "127.0.0.1:80, [::1]:0",
    yaml: 'listen: [127.0.0.1:80, "[::1]:0"]\n',
    becomes: {
      listen: [
        { hostname: "127.0.0.1", port: 80 },
        { hostname: "::1", port: 0 },
      ],
    },
    shown: ["127.0.0.1:80", "[::1]:0"],
  },
  one("state-dir", "/x/state", { stateDir: "/x/state" }),
  one("cert", tls.cert, { tls }),
  one("key", tls.key, { tls }),
  one("cacert", tls.ca, { tls }),
  {
    name: "host",
    flags: ["a.example", "*.b.example", "::1"],
    variable: "a.example,*.b.example,::1",
    yaml: 'host:\n  - a.example\n  - "*.b.example"\n  - ::1\n',
    becomes: { hosts: ["a.example", "*.b.example", "::1"] },
    shown: ["a.example", "*.b.example", "::1"],
  },
  {
    name: "roles",
    flags: ["node,auth", "node"],
    variable: "node, auth",
    yaml: "roles: [node, auth, node]\n",
    becomes: { roles: ["node", "auth"] },
    shown: ["node", "auth"],
  },
  one("name", "web-1", { name: "web-1" }),
  {
    name: "label",
    flags: ["env=prod", "team=a"],
    variable: "env=prod,team=a",
    yaml: "label: [env=prod, team=a]\n",
    becomes: { labels: { env: "prod", team: "a" } },
    shown: ["env=prod", "team=a"],
  },
  {
    name: "public-addr",
    flags: ["a.example:7443", "[2001:db8::1]:443"],
    variable: "a.example:7443,[2001:db8::1]:443",
    yaml: 'public-addr: [a.example:7443, "[2001:db8::1]:443"]\n',
    becomes: { publicAddrs: ["a.example:7443", "[2001:db8::1]:443"] },
    shown: ["a.example:7443", "[2001:db8::1]:443"],
  },
  {
    name: "proxy",
    flags: ["b.example:7443"],
    variable: "b.example:7443",
    yaml: "proxy: b.example:7443\n",
    becomes: { proxies: ["b.example:7443"] },
    shown: ["b.example:7443"],
  },
  {
    name: "ca-pin",
    flags: [PIN],
    variable: PIN.toUpperCase().replace("SHA", "sha"),
    yaml: `ca-pin: ${PIN}\n`,
    becomes: { caPins: [PIN] },
    shown: [PIN],
  },
  one("proxy-group", "eu", { deployment: { ...deployment, group: "eu" } }),
  one("proxy-generation", "2", {
    deployment: { ...deployment, generation: 2 },
  }),
  one("output-cap", "64K", { outputCap: 64 * 2 ** 10 }),
  one("output-total", "1048576", { outputTotal: 2 ** 20 }),
  one("reserve", "1.5G", { reserve: 1.5 * 2 ** 30 }),
  one("max-jobs", "8", { maxJobs: 8 }),
  one("keep", "1h30m", { maxAge: 5_400_000 }),
  one("shutdown-timeout", "250ms", { shutdownTimeout: 250 }),
  one("run-as", "1000", { runAs: "1000" }),
  one("audit-file-size", "1M", { audit: { ...audit, fileSize: 2 ** 20 } }),
  one("audit-keep", "1d", { audit: { ...audit, keep: 86_400_000 } }),
  one("log-level", "error", { log: { level: "error", levels: {} } }),
  {
    name: "log-levels",
    flags: ["jobs=debug", "http=error"],
    variable: "jobs=debug,http=error",
    yaml: "log-levels: {jobs: debug, http: error}\n",
    becomes: {
      log: { level: "info", levels: { jobs: "debug", http: "error" } },
    },
    shown: { jobs: "debug", http: "error" },
  },
];
