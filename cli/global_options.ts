import type { OptionSpec } from "./command.ts";

/** How to reach the server. Each also comes from the environment, then from the profile. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "addr",
    value: "HOST:PORT",
    help: "the server, or unix:PATH; several with commas [WORKER_ADDR]",
  },
  {
    name: "cacert",
    value: "FILE",
    help: "the authority that the server's certificate is from [WORKER_CACERT]",
  },
  { name: "cert", value: "FILE", help: "your certificate [WORKER_CERT]" },
  { name: "key", value: "FILE", help: "its private key [WORKER_KEY]" },
];

/** Of the commands that speak of jobs: whose jobs. */
export const NODE_OPTION: OptionSpec = {
  name: "node",
  value: "NODE",
  help: "on this node of the cluster, through the server [WORKER_NODE]",
};

export const HELP_OPTION: OptionSpec = {
  name: "help",
  short: "h",
  help: "show this help",
};
