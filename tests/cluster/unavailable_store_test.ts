import { rejects } from "node:assert/strict";
import { revokeHost } from "../../lib/cluster/mod.ts";
import { csrOf, newKey, ScratchCluster } from "./scratch_cluster.ts";

Deno.test("tokens and revocations say that the store refused, as a full disk has it, and are no defect", async () => {
  await using cluster = await ScratchCluster.create();
  await cluster.join({
    token: await cluster.token(),
    name: "web-1",
    csr: await csrOf(await newKey()),
  });
  const { tokens, members, store } = cluster;
  store[Symbol.dispose]();
  const id = { kind: "node", name: "web-1" } as const;
  const request = {
    roles: ["node" as const],
    labels: [],
    hosts: [],
    uses: 1,
    ttl: "1h",
  };
  for (
    const asked of [
      tokens.create(request, { createdBy: "admin" }),
      tokens.list(),
      tokens.remove("abcdefgh"),
      revokeHost(members, { id, reason: null }),
    ]
  ) {
    await rejects(asked, { name: "WorkerError", code: "UNAVAILABLE" });
  }
});
