import { deepEqual, equal, match } from "node:assert/strict";
import { ConnectNetwork, credentialsOf } from "./connect_network.ts";

const alice = await credentialsOf("alice", "user");
const bob = await credentialsOf("bob", "user");

for (const protocol of ["http2", "http1.1"]) {
  Deno.test(`curl speaks ${protocol} with a node through CONNECT, authenticated by both`, async () => {
    await using network = await ConnectNetwork.start();
    const { stdout, stderr, code } = await network.curl(
      [`--${protocol}`, "https://web-1:7443/v1/jobs"],
      { proxy: alice, node: bob },
    );
    equal(code, 0, stderr);
    const { remoteAddress, ...rest } = JSON.parse(stdout);
    deepEqual(rest, {
      name: "bob",
      kind: "user",
      protocol: protocol === "http2" ? "h2" : "http/1.1",
    });
    match(remoteAddress, /^127\.0\.0\.1:\d+$/);
    const [record, ...more] = network.audited;
    deepEqual(more, []);
    equal(record?.from, remoteAddress);
    equal(record?.actor?.name, "alice");
    deepEqual(
      [record?.action, record?.result, record?.status, record?.detail],
      ["node.connect", "ok", 200, { target: "web-1:7443", node: "web-1" }],
    );
  });
}
