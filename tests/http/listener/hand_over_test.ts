import { deepEqual, equal, throws } from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { WorkerError } from "../../../lib/api/errors.ts";
import { handOver } from "../../../lib/http/connect/hand_over.ts";
import { nodePorts } from "../../../lib/http/connect/node_ports.ts";
import { waitFor } from "../../helpers/wait_for.ts";

const open = () => readdirSync("/proc/self/fd").length;

Deno.test("handOver() keeps nothing open when nobody takes the socket", async () => {
  const before = open();
  const problem = new WorkerError("UNAVAILABLE", "the server is starting");
  throws(() =>
    handOver(() => {
      throw problem;
    }, "192.0.2.1:1"), problem);
  await waitFor("none", () => open() === before);
});

Deno.test("handOver() gives the other end, which ends with the one that was taken", async () => {
  const before = open();
  const ours = handOver((socket, { remoteAddress }) => {
    socket.end(remoteAddress);
  }, "192.0.2.1:1");
  const [bytes] = await once(ours, "data");
  equal(String(bytes), "192.0.2.1:1");
  await once(ours, "close");
  await waitFor("none", () => open() === before);
});

Deno.test("nodePorts() names the ports of a node's addresses, and none of a stranger's", () => {
  const ports = nodePorts({
    findNode: (selector) => {
      if (selector !== "web-1") throw new WorkerError("NOT_FOUND", "no");
      return { addresses: ["a.example:8443", "[2001:db8::1]:9443"] };
    },
  });
  deepEqual(ports("web-1"), [8443, 9443]);
  deepEqual(ports("web-2"), []);
});
