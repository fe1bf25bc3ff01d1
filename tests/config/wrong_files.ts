/** A file that is wrong, and each line that is to be told of it, behind `FILE:`. */
export interface WrongFile {
  what: string;
  text: string;
  told: string[];
}

const DURATION = 'a duration such as "10s", "5m" or "1h30m"';
const WRITE_DURATION = 'write for example "10s", "5m" or "1h30m"';
const WRITE_SIZE = 'write for example "512K", "256M" or "2G"';
const WRITE_LISTEN =
  'write for example "127.0.0.1:7443", "[::1]:7443" or ":7443"';
const HOST = 'a name or an address such as "build-1.example"';
const LEVELS = "debug, info, warning, error";
const TOGETHER =
  "and the three belong together: give cert, key and cacert, or none for certificates of the server's own";

const ADDRESS =
  'write a host and a port, for example "a.example:7443" or "[2001:db8::1]:7443"';
const PIN = `sha256:${"0123456789abcdef".repeat(4)}`;
const TOKEN = `worker-k3v8m2c7-${"0".repeat(32)}`;
const NO_TOKEN =
  'what is given is no token: copy it whole from `worker token create`, or write the path of a file that holds it, such as "./token"';

const wrong = (what: string, text: string, ...told: string[]): WrongFile => ({
  what,
  text,
  told,
});

export const WRONG_FILES: readonly WrongFile[] = [
  wrong(
    "no unit",
    "keep: 7\n",
    `1:7: keep: "7" is a number: write ${DURATION}`,
  ),
  wrong(
    "a negative duration",
    "shutdown-timeout: -5s\n",
    `1:19: shutdown-timeout: "-5s" is not a duration: ${WRITE_DURATION}`,
  ),
  wrong(
    "a wait beyond timers",
    "shutdown-timeout: 25d\n",
    `1:19: shutdown-timeout: "25d" is too long: write "24d" or less`,
  ),
  wrong(
    "an age beyond numbers",
    `keep: ${"9".repeat(30)}d\n`,
    `1:7: keep: "${"9".repeat(30)}d" is too long: write for example "3650d"`,
  ),
  wrong(
    "a word as a size",
    "# mine\n\nreserve: much\n",
    `3:10: reserve: "much" is not a size: ${WRITE_SIZE}`,
  ),
  wrong(
    "a unit of another kind",
    "output-total: 10GB\n",
    `1:15: output-total: "10GB" is not a size: ${WRITE_SIZE}`,
  ),
  wrong(
    "a small cap",
    "output-cap: 1K\n",
    `1:13: output-cap: "1K" is too small: write "64K" or more`,
  ),
  wrong(
    "a size beyond numbers",
    "reserve: 9000000T\n",
    `1:10: reserve: "9000000T" is too large: write "8000T" or less`,
  ),
  wrong(
    "a small file of the audit log",
    "audit-file-size: 8\n",
    `1:18: audit-file-size: "8" is too small: write "64K" or more`,
  ),
  wrong(
    "no jobs",
    "max-jobs: 0\n",
    `1:11: max-jobs: "0" is not a number of jobs: write for example "8", or leave it out for no limit`,
  ),
  wrong(
    "half a job",
    "max-jobs: 1.5\n",
    `1:11: max-jobs: "1.5" is not a number of jobs: write for example "8", or leave it out for no limit`,
  ),
  wrong(
    "a number as it is written",
    "max-jobs: 0x10\n",
    `1:11: max-jobs: "0x10" is not a number of jobs: write for example "8", or leave it out for no limit`,
  ),
  wrong(
    "an address without a port",
    "listen: localhost\n",
    `1:9: listen: "localhost" is not an address: ${WRITE_LISTEN}`,
  ),
  wrong(
    "a port too high",
    "listen: 127.0.0.1:65536\n",
    `1:9: listen: "127.0.0.1:65536" is not an address: ${WRITE_LISTEN}`,
  ),
  wrong(
    "an address that is none",
    "listen: 127.0.0.256:80\n",
    `1:9: listen: "127.0.0.256:80" is not an address: ${WRITE_LISTEN}`,
  ),
  wrong(
    "the second of a list",
    'listen:\n  - :7443\n  - "[::zz]:80"\n',
    `3:5: listen: "[::zz]:80" is not an address: ${WRITE_LISTEN}`,
  ),
  wrong(
    "one address twice",
    "listen: [127.0.0.1:80, 127.0.0.1:80]\n",
    `1:24: listen: "127.0.0.1:80" is there twice: keep one of them`,
  ),
  wrong(
    "IPv6 without quotes",
    "listen: [::1]:7443\n",
    `1:14: listen: "[::1]:7443" is not valid YAML (Unexpected scalar at node end): put the value in quotes`,
  ),
  wrong(
    "a wildcard without quotes",
    "host: *.example.com\n",
    `1:7: host: "*.example.com" is an alias of nothing (what begins with "*" takes quotes): write ${HOST}`,
  ),
  wrong(
    "a host with a port",
    "host: build-1:7443\n",
    `1:7: host: "build-1:7443" is not a host: write a name or an address without a port, for example "build-1.example" or "192.0.2.1"`,
  ),
  wrong(
    "a mapping for a list",
    "host:\n  name: a\n",
    `2:3: host: "name: a" is a mapping: write ${HOST}`,
  ),
  wrong(
    "a list in a list",
    "host: [[a]]\n",
    `1:8: host: "[a]" is a list: write ${HOST}`,
  ),
  wrong(
    "nothing in a list",
    "host: [a, ~]\n",
    `1:11: host: "~" is no value: write ${HOST}`,
  ),
  wrong(
    "a home that only shells know",
    "cert: ~/a.pem\nkey: k\ncacert: c\n",
    `1:7: cert: "~/a.pem" begins with "~", which only a shell understands: write the whole path`,
  ),
  wrong(
    "no path",
    'state-dir: ""\n',
    `1:12: state-dir: "" is no path: write for example "/var/lib/worker"`,
  ),
  wrong(
    "a number as a path",
    "state-dir: 8\n",
    `1:12: state-dir: "8" is a number: write the path of a directory such as "/var/lib/worker"`,
  ),
  wrong(
    "a certificate alone",
    "cert: /a.pem\n",
    `1:7: cert: "/a.pem" is given without key and cacert, ${TOGETHER}`,
  ),
  wrong(
    "a user with a space",
    "run-as: a b\n",
    `1:9: run-as: "a b" is not a user: write a name or a number, for example "worker"`,
  ),
  wrong(
    "a boolean",
    "run-as: true\n",
    `1:9: run-as: "true" is a boolean: write a user such as "worker"`,
  ),
  wrong(
    "a level that is none",
    "log-level: loud\n",
    `1:12: log-level: "loud" is not a level: write ${LEVELS}`,
  ),
  wrong(
    "a level of a part that is none",
    "log-levels:\n  jobs: loud\n",
    `2:9: log-levels: "loud" is not a level: write ${LEVELS}`,
  ),
  wrong(
    "a part with a slip",
    "log-levels: {lisener: debug}\n",
    `1:14: log-levels: "lisener" is not a part of the log: did you mean "listener"?`,
  ),
  wrong(
    "one level for all parts",
    "log-levels: debug\n",
    `1:13: log-levels: "debug" is a string: write "listener: debug", one a line`,
  ),
  wrong(
    "a key with a slip",
    "max-job: 8\n",
    `1:1: "max-job" is not a setting: did you mean "max-jobs"?`,
  ),
  wrong(
    "a key of another program",
    "replicas: 3\n",
    `1:1: "replicas" is not a setting: see \`worker config init\` for all`,
  ),
  wrong(
    "a flag that is no setting",
    "config: other.yaml\n",
    `1:1: "config" is not a setting: see \`worker config init\` for all`,
  ),
  wrong(
    "a merge key",
    "<<: {keep: 1d}\n",
    `1:1: "<<" is not a setting: see \`worker config init\` for all`,
  ),
  wrong(
    "a key twice",
    "keep: 1d\nhost: a\nkeep: 2d\n",
    `3:1: "keep" is there already, on line 1: keep one of them`,
  ),
  wrong(
    "a key without a value",
    "keep:\nmax-jobs: 8\n",
    `1:1: keep: "" is no value: write ${DURATION}, or remove the line`,
  ),
  wrong(
    "a list for one value",
    "keep: [7d]\n",
    `1:7: keep: "[7d]" is a list: write ${DURATION}`,
  ),
  wrong(
    "a list as the file",
    "- keep\n",
    `1:1: "- keep" is a list: write "key: value", one a line`,
  ),
  wrong(
    "a word as the file",
    "keep\n",
    `1:1: "keep" is a string: write "key: value", one a line`,
  ),
  wrong(
    "a list as a key",
    "? [a]\n: b\n",
    `1:3: "[a]" is a list, which is no key: write a name`,
  ),
  wrong(
    "no colon",
    "max-jobs 8\nkeep: 7d\n",
    `1:1: "max-jobs 8" is not valid YAML (Implicit keys need to be on a single line): write "key: value"`,
  ),
  wrong(
    "a tab",
    "log-levels:\n\tjobs: debug\n",
    `2:1: jobs: "debug" is not valid YAML (Tabs are not allowed as indentation): indent with spaces`,
  ),
  wrong(
    "an open quote",
    'keep: "7d\n',
    `1:10: keep: ""7d" is not valid YAML (Missing closing "quote): close what was opened`,
  ),
  wrong(
    "a reserved character",
    "run-as: @worker\n",
    `1:9: run-as: "@worker" is not valid YAML (Plain value cannot start with reserved character @): put the value in quotes`,
  ),
  wrong(
    "two keys in a line",
    "keep: host: a\n",
    `1:7: keep: "host: a" is not valid YAML (Nested mappings are not allowed in compact mappings): write one "key: value" a line, unindented`,
  ),
  wrong(
    "a tag",
    "keep: !!str 7d\n",
    `1:13: keep: "7d" has a tag: write ${DURATION}`,
  ),
  wrong(
    "a tag of one's own",
    "keep: !long 7d\n",
    `1:7: keep: "!long 7d" is not valid YAML (Unresolved tag: !long): leave the tag out`,
  ),
  wrong(
    "two documents",
    "keep: 7d\n---\nkeep: 8d\n",
    `2:1: "---" begins a second document: keep one in the file`,
  ),
  wrong(
    "a directive",
    "%FOO\n---\nkeep: 7d\n",
    `1:1: "%FOO" is not valid YAML (Unknown directive %FOO): leave the directive out`,
  ),
  wrong(
    "a role with a slip",
    "roles: auth,prxy\n",
    `1:8: roles: "prxy" is not a role: did you mean "proxy"?`,
  ),
  wrong(
    "a role that is none",
    "roles: [node, controller]\n",
    `1:15: roles: "controller" is not a role: write one or more of auth, proxy, node`,
  ),
  wrong(
    "no role",
    'roles: ""\n',
    `1:8: roles: "" is not a role: write one or more of auth, proxy, node`,
  ),
  wrong(
    "a name with a slash",
    "name: web/1\n",
    `1:7: name: "web/1" can't be the name of a member: use at most 64 letters, digits, ".", "-" and "_"`,
  ),
  wrong(
    "a name that is too long",
    `name: ${"n".repeat(65)}\n`,
    `1:7: name: "${
      "n".repeat(65)
    }" can't be the name of a member: use at most 64 letters, digits, ".", "-" and "_"`,
  ),
  wrong(
    "a label without a value",
    "label: prod\n",
    `1:8: label: "prod" is not a label: write for example "env=prod"`,
  ),
  wrong(
    "a label without a key",
    "label: =prod\n",
    `1:8: label: "" can't be a label: begin with a letter or digit and use ".", "-", "_" and "/" besides`,
  ),
  wrong(
    "a label with a space",
    "label: env=a b\n",
    `1:8: label: "a b" can't be the value of a label: use at most 128 letters, digits and "._:@/+-"`,
  ),
  wrong(
    "a label with two values",
    "label:\n  - env=prod\n  - env=dev\n",
    `2:3: label: "env" has two values: keep one of them`,
  ),
  wrong(
    "a public address without a port",
    "public-addr: a.example\n",
    `1:14: public-addr: "a.example" is not the address of a server: ${ADDRESS}`,
  ),
  wrong(
    "a public address that is everywhere",
    "public-addr: 0.0.0.0:7443\n",
    `1:14: public-addr: "0.0.0.0:7443" is not the address of a server: ${ADDRESS}`,
  ),
  wrong(
    "a URL as a proxy",
    "proxy: https://a.example:7443\n",
    `1:8: proxy: "https://a.example:7443" is not the address of a server: ${ADDRESS}`,
  ),
  wrong(
    "a port that is none",
    "proxy: a.example:0\n",
    `1:8: proxy: "a.example:0" is not the address of a server: ${ADDRESS}`,
  ),
  wrong(
    "half a token, which is not repeated",
    `join: ${TOKEN.slice(0, 30)}\n`,
    `1:7: join: ${NO_TOKEN}`,
  ),
  wrong(
    "a list of tokens, which is not repeated",
    `join: [${TOKEN}]\n`,
    `1:7: join: it is no text: write a token of \`worker token create\`, or the path of a file that holds it such as "/etc/worker/token"`,
  ),
  wrong(
    "half a pin",
    `ca-pin: ${PIN.slice(0, 30)}\n`,
    `1:9: ca-pin: "${
      PIN.slice(0, 30)
    }" is not the pin of an authority: copy "sha256:" and the 64 digits after it from \`worker token create\``,
  ),
  wrong(
    "a generation that is none",
    "proxy-generation: v2\n",
    `1:19: proxy-generation: "v2" is not a generation: write a whole number, higher for each deployment, for example "2"`,
  ),
  wrong(
    "a group that is none",
    "proxy-group: eu/west\n",
    `1:14: proxy-group: "eu/west" can't be the name of a group: use at most 64 letters, digits, ".", "-" and "_"`,
  ),
  wrong(
    "no role",
    "roles: []\n",
    `1:8: roles: no role is named: write one or more of auth, proxy, node`,
  ),
  wrong(
    "a token for who has an authority",
    `join: ${TOKEN}\n`,
    `1:7: join: a server with the role auth has an authority of its own and joins no cluster: leave auth out of roles, for example "node", or leave join out`,
  ),
  wrong(
    "a token and nothing else",
    `roles: node\njoin: ${TOKEN}\n`,
    `1:8: roles: "node" without auth belongs to a cluster whose authority is elsewhere: give the address of one of its servers with proxy, for example "a.example:7443"`,
    `2:7: join: the token is given without a server to join through: give its address with proxy, for example "a.example:7443"`,
    `2:7: join: the token is given without ca-pin, by which the authority is known before the token is sent: copy "sha256:…" from the line that \`worker token create\` printed`,
  ),
  wrong(
    "a token and certificates of one's own",
    `roles: node\nproxy: a.example:1\nca-pin: ${PIN}\njoin: /t\ncert: c\nkey: k\ncacert: a\n`,
    `4:7: join: a host that joins is given its certificate: leave cert, key and cacert out, or leave join out`,
  ),
  wrong(
    "a proxy that nobody finds",
    "roles: proxy,node\nproxy: a.example:1\n",
    `1:8: roles: "proxy,node" has a proxy, and others have to know where to connect to it: give its address with public-addr, for example "a.example:7443"`,
  ),
  wrong(
    "several mistakes",
    "max-jobs: many\nkeep: 7d\nhots: a\nlog-levels: {jobs: loud, jbos: info}\nkeep: 8d\n",
    `1:11: max-jobs: "many" is not a number of jobs: write for example "8", or leave it out for no limit`,
    `3:1: "hots" is not a setting: did you mean "host"?`,
    `4:20: log-levels: "loud" is not a level: write ${LEVELS}`,
    `4:26: log-levels: "jbos" is not a part of the log: did you mean "jobs"?`,
    `5:1: "keep" is there already, on line 2: keep one of them`,
  ),
];
