import { rejects } from "node:assert/strict";
import { initialise } from "../../certs/initialise.ts";
import { registerOwnHost } from "../../lib/cluster/own_host.ts";
import { csrOf, newKey, ScratchCluster } from "./scratch_cluster.ts";

/** A host of another key joins. */
async function joins(
  cluster: ScratchCluster,
  name: string,
  { token = {}, sans = [] }: {
    token?: Record<string, unknown>;
    sans?: string[];
  } = {},
) {
  return await cluster.join({
    token: await cluster.token(token),
    name,
    csr: await csrOf(await newKey(), { sans }),
  });
}

for (const name of ["web-1", "WEB-1"]) {
  Deno.test(`join() refuses "${name}" when a host of another kind is "web-1"`, async () => {
    await using cluster = await ScratchCluster.create();
    await joins(cluster, "web-1", { token: { roles: ["proxy"] } });
    await rejects(joins(cluster, name), {
      code: "CONFLICT",
      message:
        /another host is the proxy "web-1" already, with another key: .* `worker proxies rm web-1`/,
    });
  });
}

Deno.test("join() refuses a name that is a host name of another member, until that is revoked", async () => {
  await using cluster = await ScratchCluster.create();
  await joins(cluster, "proxy-1", {
    token: { roles: ["proxy"], hosts: ["c.example"] },
    sans: ["DNS:c.example"],
  });
  await rejects(joins(cluster, "C.example"), {
    code: "CONFLICT",
    message: /"C.example" is a host name of the proxy "proxy-1"/,
  });
  await joins(cluster, "d.example");
  await cluster.members.revoke({ kind: "proxy", name: "proxy-1" });
  await joins(cluster, "C.example");
});

Deno.test("join() refuses the name and the host names of the authority's own host", async () => {
  await using cluster = await ScratchCluster.create();
  const { directory, clock, members } = cluster;
  await initialise(directory, { hostname: "a", hosts: ["lb.example"] });
  const read = (path: string) => Deno.readTextFile(`${directory}/${path}`);
  await registerOwnHost(members, {
    clock,
    host: {
      ...{ name: "a", roles: ["auth", "proxy"], labels: {} },
      certificate: await read("server.crt"),
      ca: await read("ca/ca.crt"),
    },
  });
  for (const name of ["A", "LB.example"]) {
    await rejects(joins(cluster, name), { code: "CONFLICT" });
  }
});

for (const name of ["10.0.0.1", "localhost"]) {
  Deno.test(`join() refuses "${name}", unless the token allows it as a host`, async () => {
    await using cluster = await ScratchCluster.create();
    await rejects(joins(cluster, name), {
      code: "PERMISSION_DENIED",
      message: /does not allow a member to be called/,
    });
    await joins(cluster, name, { token: { hosts: [name] } });
  });
}

Deno.test("join() lets one of two hosts in that ask for one name as different kinds at once", async () => {
  await using cluster = await ScratchCluster.create();
  const both = await Promise.allSettled([
    joins(cluster, "web-1", { token: { roles: ["proxy"] } }),
    joins(cluster, "web-1"),
  ]);
  const [refused, ...more] = both.filter(({ status }) => status === "rejected");
  if (refused?.status !== "rejected" || more.length > 0) {
    throw new Error("one of the two was to be refused");
  }
  await rejects(Promise.reject(refused.reason), { code: "CONFLICT" });
});

Deno.test("join() refuses a name that reads like an id, with which calls for that member would be caught", async () => {
  await using cluster = await ScratchCluster.create();
  await joins(cluster, "web-1");
  const [member] = await cluster.members.list();
  const { id } = member!;
  for (const name of [id, id.toUpperCase()]) {
    await rejects(joins(cluster, name), {
      code: "PERMISSION_DENIED",
      message: /reads like the id of a member: choose another name/,
    });
  }
  await joins(cluster, `${id}1`);
});
