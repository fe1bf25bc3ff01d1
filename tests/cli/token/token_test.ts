import { deepEqual, equal, match } from "node:assert/strict";
import type { TokenRequest } from "../../../lib/api/cluster.ts";
import type { AuthServices } from "../../../lib/http/cluster_services.ts";
import { joinCommand } from "../../../cli/token/join_command.ts";
import { exampleNode, ServedNodes } from "../served_nodes.ts";

const PIN = "sha256:" + "ab".repeat(32);

/** Auth that makes one token, and remembers what for. */
function tokenMaker() {
  const requests: TokenRequest[] = [];
  const token = (request: TokenRequest) => ({
    ...request,
    id: "k3v8m2c7",
    createdBy: "root",
    createdAt: "2026-11-21T09:00:00.000Z",
    expiresAt: "2026-11-21T09:30:00.000Z",
    state: "usable" as const,
    usedBy: [],
  });
  const auth = {
    authority: {
      ca: () => Promise.resolve({ cluster: "c", ca: "", caPins: [PIN] }),
    },
    tokens: {
      create(request: TokenRequest) {
        requests.push(request);
        return Promise.resolve({ ...token(request), token: "worker-k3-s3" });
      },
      list: () => Promise.resolve(requests.map(token)),
      remove: () => Promise.resolve(),
    },
  } as unknown as AuthServices;
  return { requests, services: { auth: () => auth } };
}

Deno.test("token create prints the token and the command with the addresses of the cluster", async () => {
  const { requests, services } = tokenMaker();
  await using nodes = await ServedNodes.start([], services);
  for (const [name, address] of [["p1", "a:7443"], ["p2", "c:7443"]] as const) {
    const { labels: _l, load: _o, proxies: _p, ...member } = exampleNode(name);
    nodes.directory.setProxy({
      ...member,
      roles: ["proxy"],
      addresses: [address],
      group: "default",
      generation: 0,
    });
  }
  const { code, stdout, stderr } = await nodes.worker([
    ...["token", "create", "--roles", "node", "--label", "env=*"],
    ...["--ttl", "1h", "--uses", "5"],
  ]);
  equal(code, 0);
  const [token, command] = stdout.split("\n");
  equal(token, "worker-k3-s3");
  equal(
    command,
    "worker serve --roles node --join worker-k3-s3 --proxy a:7443 " +
      `--proxy c:7443 --ca-pin ${PIN}`,
  );
  match(stderr, /good until 2026-11-21T09:30/);
  const [request] = requests;
  deepEqual(request?.labels, ["env=*"]);
  equal(request?.ttl, "1h");
  equal(request?.uses, 5);
});

Deno.test("token create --json has what scripts need", async () => {
  const { services } = tokenMaker();
  await using nodes = await ServedNodes.start([], services);
  const { stdout } = await nodes.worker([
    ...["token", "create", "--addr-for", "lb:7443", "--json"],
  ]);
  const { token, caPin, command, expiresAt, id } = JSON.parse(stdout);
  deepEqual(
    { token, caPin, expiresAt, id },
    {
      token: "worker-k3-s3",
      caPin: PIN,
      expiresAt: "2026-11-21T09:30:00.000Z",
      id: "k3v8m2c7",
    },
  );
  match(command, /^worker serve --roles node .* --proxy lb:7443 /);
});

Deno.test("token create asks for an address when nobody knows one that is good elsewhere", async () => {
  const { requests, services } = tokenMaker();
  await using nodes = await ServedNodes.start([], services);
  const { code, stderr } = await nodes.worker(["token", "create"]);
  equal(code, 2);
  match(stderr, /--public-addr HOST:PORT.*--addr-for/);
  equal(requests.length, 0);
  const wrong = await nodes.worker(["token", "create", "--roles", "boss"]);
  match(wrong.stderr, /"boss" is not a role/);
});

Deno.test("token create refuses a role that no host can join with", async () => {
  await using nodes = await ServedNodes.start([], tokenMaker().services);
  const { code, stdout, stderr } = await nodes.worker([
    ...["token", "create", "--roles", "node,auth", "--addr-for", "a:7443"],
  ]);
  deepEqual([code, stdout], [2, ""]);
  match(stderr, /"auth" is not a role to join with: --roles takes node, proxy/);
});

Deno.test("token ls shows tokens, and never their secrets", async () => {
  const { services } = tokenMaker();
  await using nodes = await ServedNodes.start([], services);
  await nodes.worker(["token", "create", "--addr-for", "lb:7443"]);
  const { stdout } = await nodes.worker(["token", "ls"]);
  match(stdout, /^k3v8m2c7 +usable +node +\* +0\/1 +/m);
  equal(stdout.includes("s3"), false);
  const removed = await nodes.worker(["token", "rm", "k3v8m2c7"]);
  match(removed.stderr, /"k3v8m2c7" is of no more use/);
});

Deno.test("joinCommand() is one line for a shell, whatever is in it, and names a proxy's address", () => {
  const token = { token: "t; rm -rf /", roles: ["proxy" as const], caPins: [] };
  equal(
    joinCommand({ ...token, hosts: ["*.example", "c.example"] }, ["a:1"]),
    "worker serve --roles proxy --join 't; rm -rf /' --proxy a:1 " +
      "--public-addr c.example:7443",
  );
  match(
    joinCommand({ ...token, hosts: ["fd00::1"] }, []),
    /--public-addr '\[fd00::1\]:7443'$/,
  );
  match(
    joinCommand({ ...token, hosts: ["c.example", "lb.example"] }, []),
    /--public-addr c\.example:7443 --host lb\.example$/,
  );
});
