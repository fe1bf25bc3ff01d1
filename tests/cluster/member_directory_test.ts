import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { MemberDirectory } from "../../lib/cluster/member_directory.ts";
import { refused } from "../helpers/refused.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";
import { node, proxy } from "./statuses.ts";

Deno.test("findNode() finds a node by name, id, name in other letters, address, host and label", () => {
  const directory = new MemberDirectory();
  directory.setNode(node("web-1", {
    addresses: ["web.example:7443", "[2001:db8::1]:7443"],
    labels: { env: "prod", zone: "a" },
  }));
  directory.setNode(node("Web-2", { labels: { env: "prod" } }));
  for (
    const selector of [
      "web-1",
      "id-web-1",
      "ID-WEB-1",
      "WEB-1",
      "web.example:7443",
      "WEB.example",
      "[2001:db8::1]:7443",
      "2001:db8::1",
      "[2001:DB8::1]",
      "zone=a",
    ]
  ) equal(directory.findNode(selector).name, "web-1", selector);
  equal(directory.findNode("web-2").name, "Web-2");
  for (const selector of ["web", "zone=b", "web.example:7444", "", "=", ":"]) {
    throws(
      () => directory.findNode(selector),
      refused("NOT_FOUND", /there is no node ".*" in this cluster/),
      selector,
    );
  }
});

Deno.test("whenKnown() waits for what is known of the cluster, but not for long", async () => {
  const clock = new VirtualClock();
  const directory = new MemberDirectory({ known: false, clock });
  const late = rejects(
    directory.whenKnown(),
    refused("UNAVAILABLE", /has not heard yet who belongs to its cluster/),
  );
  await clock.run(5_000);
  await late;
  const known = directory.whenKnown();
  directory.becomeKnown();
  await known;
  await directory.whenKnown();
  await new MemberDirectory().whenKnown();
});

Deno.test("findNode() refuses what fits several nodes and lists them, but a name is its own", () => {
  const directory = new MemberDirectory();
  for (let n = 1; n <= 12; n++) {
    directory.setNode(node(`web-${n}`, {
      labels: { env: "prod" },
      addresses: ["nat.example:7443"],
    }));
  }
  directory.setNode(node("Web-1"));
  throws(
    () => directory.findNode("env=prod"),
    refused(
      "CONFLICT",
      /"env=prod" fits 12 nodes: "web-1" \(id-web-1\), "web-10" .* and 2 more; name one of them/,
    ),
  );
  throws(() => directory.findNode("nat.example"), refused("CONFLICT", /12/));
  throws(
    () => directory.findNode("WEB-1"),
    refused("CONFLICT", /fits 2 nodes/),
  );
  equal(directory.findNode("web-1").id, "id-web-1");
  // Nobody takes another's name by claiming it as an address.
  directory.setNode(node("evil", { addresses: ["web-3:7443"] }));
  equal(directory.findNode("web-3").name, "web-3");
});

Deno.test("findNode() forgets what a node was before", () => {
  const directory = new MemberDirectory();
  const before = { addresses: ["a:1"], labels: { env: "prod" } };
  directory.setNode(node("web-1", before));
  directory.setNode(node("web-2", before));
  directory.setNode(
    node("web-2", { addresses: ["b:1"], labels: { env: "x" } }),
  );
  equal(directory.findNode("env=prod").name, "web-1");
  equal(directory.findNode("a").name, "web-1");
  equal(directory.findNode("b:1").name, "web-2");
  directory.remove("node", "web-1");
  for (const selector of ["web-1", "id-web-1", "a", "a:1", "env=prod"]) {
    throws(() => directory.findNode(selector), refused("NOT_FOUND", /no node/));
  }
});

Deno.test("nodesWith() gives the nodes that have all labels, by name", () => {
  const directory = new MemberDirectory();
  directory.setNode(node("b", { labels: { env: "prod", zone: "x" } }));
  directory.setNode(node("a", { labels: { env: "prod" } }));
  directory.setNode(node("c", { labels: { zone: "x" } }));
  const names = (...labels: string[]) =>
    directory.nodesWith(labels).map(({ name }) => name);
  deepEqual(names(), ["a", "b", "c"]);
  deepEqual(names("env=prod"), ["a", "b"]);
  deepEqual(names("env=prod", "zone=x"), ["b"]);
  deepEqual(names("env=prod", "zone=y"), []);
});

Deno.test("servers() names auth first, then proxies, those that are offline last", () => {
  const directory = new MemberDirectory();
  const { group: _, generation: __, ...auth } = proxy("auth", {
    roles: ["auth"],
    addresses: ["auth:1"],
  });
  directory.setProxy(proxy("p1", { addresses: ["p1:1"], state: "offline" }));
  directory.setProxy(proxy("p2", { addresses: ["p2:1", "p2:2"] }));
  directory.setAuth(auth);
  directory.setNode(node("n", { addresses: ["n:1"] }));
  directory.setNode(
    node("all", { roles: ["auth", "node"], addresses: ["all:1", "p2:1"] }),
  );
  deepEqual([...directory.servers()], [
    "auth:1",
    "all:1",
    "p2:1",
    "p2:2",
    "p1:1",
  ]);
  directory.remove("auth", "auth");
  directory.setNode(node("all", { addresses: ["all:1"] }));
  deepEqual([...directory.servers()], ["p2:1", "p2:2", "p1:1"]);
});

Deno.test("watch() tells all, then synced, then of each member only the last change", async () => {
  const directory = new MemberDirectory();
  directory.setNode(node("a"));
  directory.setNode(node("b"));
  using stop = disposableController();
  const { signal } = stop;
  const watch = directory.watch("node", { signal });
  const next = async () => {
    const { value } = await watch.next();
    if (!value) return null;
    return value.type === "node"
      ? `${value.name} ${value.version}`
      : value.type === "removed"
      ? `-${value.name}`
      : value.type;
  };
  equal(await next(), "a 1.0.0");
  // The reader is slow: a hundred changes wait as two.
  for (let n = 0; n < 100; n++) {
    directory.setNode(node("b", { version: `2.${n}.0` }));
    directory.setNode(node("c", { version: `2.${n}.0` }));
  }
  directory.remove("node", "c");
  directory.setProxy(proxy("p"));
  equal(await next(), "b 2.99.0");
  equal(await next(), "synced");
  equal(await next(), "-c");
  const waiting = next();
  directory.setNode(node("d"));
  equal(await waiting, "d 1.0.0");
  const last = next();
  stop.abort();
  equal(await last, null);
});

Deno.test("watch() tells that a member is alive once a minute only", async () => {
  const directory = new MemberDirectory();
  const at = (second: number) =>
    node("a", {
      lastSeen: new Date(second * 1000).toISOString(),
      load: { jobs: second, load1: 0, cores: 1 },
    });
  directory.setNode(at(0));
  using stop = disposableController();
  const watch = directory.watch("node", { signal: stop.signal });
  await watch.next();
  await watch.next();
  const jobs = watch.next().then(({ value }) =>
    value?.type === "node" ? value.load?.jobs : null
  );
  for (let second = 15; second <= 75; second += 15) {
    directory.setNode(at(second));
  }
  equal(await jobs, 60);
  equal(directory.findNode("a").load?.jobs, 75);
});

function disposableController() {
  const controller = new AbortController();
  return Object.assign(controller, {
    [Symbol.dispose]: () => controller.abort(),
  });
}
