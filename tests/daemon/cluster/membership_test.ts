import {
  deepEqual,
  equal,
  match,
  notEqual,
  ok,
  rejects,
} from "node:assert/strict";
import { identityOf, memberKey } from "../../../certs/mod.ts";
import type { JoinAnswer } from "../../../lib/api/cluster.ts";
import { WorkerError } from "../../../lib/api/errors.ts";
import { derOf } from "../../certs/workspace.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { ServedCluster } from "../../http/served_cluster.ts";
import { JoiningHost } from "./joining_host.ts";

const { signal } = new AbortController();
const DAY = 86_400_000;

const mode = (path: string) => (Deno.statSync(path).mode ?? 0) & 0o777;

Deno.test("Membership.ensure() joins with a token, and keeps key and certificate for its owner only", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const token = await served.cluster.token({ labels: ["env=*"] });
  const membership = await host.membership({
    join: [token],
    label: ["env=prod"],
  });
  const { paths } = host;
  deepEqual(await membership.ensure({ signal }), [
    paths.caCert,
    paths.serverCert,
  ]);
  deepEqual(host.files(), [
    ".certs.lock",
    "ca",
    "server.crt",
    "server.key",
    "servers.json",
  ]);
  for (const path of [paths.serverKey, paths.serverCert, paths.caCert]) {
    equal(mode(path), 0o600, path);
  }
  const { name, kind } = identityOf(
    derOf(await Deno.readTextFile(paths.serverCert)),
  );
  deepEqual([name, kind], ["web-1", "node"]);
  equal(
    await Deno.readTextFile(paths.caCert),
    (await served.cluster.authority.ca()).ca,
  );
  const [member] = await served.cluster.members.list();
  deepEqual(member!.labels, { env: "prod" });
  ok(!JSON.stringify(served.audited).includes("PRIVATE"));
});

Deno.test("Membership.ensure() asks nobody when there is a certificate, and leaves the token unused", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.joined();
  const before = served.audited.length;
  const token = await served.cluster.token();
  const again = await host.membership({ join: [token] });
  deepEqual(await again.ensure({ signal }), []);
  // Nor when there is none any more, or its file is gone.
  deepEqual(await (await host.membership()).ensure({ signal }), []);
  const gone = await host.membership({ join: ["/nowhere/token"] });
  deepEqual(await gone.ensure({ signal }), []);
  equal(served.audited.length, before);
  const states = (await served.cluster.tokens.list()).map(({ state }) => state);
  deepEqual(states.sort(), ["usable", "used"]);
});

Deno.test("Membership.ensure() reads the token from a file", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const path = `${host.stateDir}/token`;
  const join = await host.membership({ join: [path] });
  await rejects(join.ensure({ signal }), {
    code: "NOT_FOUND",
    message: /token"/,
  });
  await Deno.writeTextFile(path, "what\n");
  await rejects(join.ensure({ signal }), (error: Error) => {
    match(error.message, /holds no token/);
    return !error.message.includes("what\n");
  });
  await Deno.writeTextFile(path, `${await served.cluster.token()}\n`);
  equal((await join.ensure({ signal })).length, 2);
});

Deno.test("Membership.ensure() gives up with the reason when no retry mends it, and leaves a key only", async (t) => {
  await using served = await ServedCluster.start();
  await using foreign = await ServedCluster.start();
  await using first = await JoiningHost.make(served);
  const { cluster } = served;
  const used = await cluster.token();
  await (await first.membership({ join: [used] })).ensure({ signal });
  const expired = await cluster.token({ ttl: "1s" });
  cluster.clock.pass(2_000);
  const { caPins } = await foreign.cluster.authority.ca();
  const name = ["web-2"];
  const cases: [string, Record<string, string[]>, string, RegExp][] = [
    [
      "a used token",
      { name, join: [used] },
      "UNAUTHENTICATED",
      /used already, by "web-1"/,
    ],
    [
      "an expired token",
      { name, join: [expired] },
      "UNAUTHENTICATED",
      /expired at/,
    ],
    [
      "a foreign token",
      { name, join: [await foreign.cluster.token()] },
      "UNAUTHENTICATED",
      /not a token of this cluster/,
    ],
    [
      "a wrong pin",
      { name, join: [await cluster.token()], "ca-pin": caPins },
      "UNAUTHENTICATED",
      /no token was sent/,
    ],
    [
      "a name that is taken",
      { join: [await cluster.token()] },
      "CONFLICT",
      /node "web-1" already/,
    ],
    [
      "a role that the token is not for",
      {
        name,
        roles: ["proxy"],
        "public-addr": ["c.example:1"],
        join: [await cluster.token()],
      },
      "PERMISSION_DENIED",
      /not for "proxy"/,
    ],
    [
      "a label that the token is not for",
      {
        name,
        label: ["env=prod"],
        join: [await cluster.token({ labels: ["env=dev"] })],
      },
      "PERMISSION_DENIED",
      /does not allow the label "env=prod"/,
    ],
    ["no token", { name }, "UNAUTHENTICATED", /has not joined .* --roles node/],
  ];
  for (const [what, flags, code, message] of cases) {
    await t.step(what, async () => {
      await using host = await JoiningHost.make(served);
      const attempt = (await host.membership(flags)).ensure({ signal });
      await rejects(attempt, { code, message });
      ok(!host.files().includes("server.crt") && !host.files().includes("ca"));
    });
  }
});

Deno.test("Membership.ensure() says so when the server's certificate does not have the name that was dialled", async () => {
  await using served = await ServedCluster.start("127.0.0.2");
  await using host = await JoiningHost.make(served);
  const membership = await host.membership({
    join: [await served.cluster.token()],
    proxy: [`127.0.0.2:${served.port}`],
  });
  await rejects(membership.ensure({ signal }), {
    code: "UNAUTHENTICATED",
    message:
      /is not for "127\.0\.0\.2": dial the server by a name that its certificate has, or start it with --host 127\.0\.0\.2$/,
  });
});

Deno.test("Membership.ensure() tries again while nobody answers, until somebody does", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  let addresses = ["127.0.0.1:1"];
  const membership = await host.membership(
    { join: [await served.cluster.token()] },
    { addresses: () => addresses },
  );
  const joining = membership.ensure({ signal });
  for (let round = 0; round < 3; round++) {
    await waitFor("a pause", () => host.clock.armed === 1);
    host.clock.pass(15_000);
  }
  await waitFor("another pause", () => host.clock.armed === 1);
  // One that is dead does not keep it from asking the next.
  addresses = ["127.0.0.1:1", served.address];
  host.clock.pass(15_000);
  equal((await joining).length, 2);
});

Deno.test("Membership.ensure() ends when it is told to while nobody answers", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const membership = await host.membership(
    { join: [await served.cluster.token()] },
    { addresses: () => ["127.0.0.1:1"] },
  );
  const stop = new AbortController();
  const joining = membership.ensure({ signal: stop.signal });
  await waitFor("a pause", () => host.clock.armed === 1);
  stop.abort(new Error("enough"));
  await rejects(joining, { message: "enough" });
  equal(host.clock.armed, 0);
});

Deno.test("Membership.ensure() uses a token again whose answer was lost", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const { authority } = served.cluster;
  const join = authority.join.bind(authority);
  let lost = 0;
  authority.join = async (request) => {
    const answer = await join(request);
    if (lost++ > 0) return answer;
    throw new WorkerError("UNAVAILABLE", "lost");
  };
  // What a crash before the answer leaves: a key.
  const key = await memberKey(host.stateDir);
  const membership = await host.membership({
    join: [await served.cluster.token()],
  });
  const joining = membership.ensure({ signal });
  await waitFor("a pause", () => host.clock.armed === 1);
  host.clock.pass(15_000);
  await joining;
  equal(await Deno.readTextFile(host.paths.serverKey), key);
  deepEqual(
    (await served.cluster.tokens.list()).map(({ usedBy }) => usedBy.length),
    [1],
  );
});

Deno.test("Membership.ensure() takes no certificate that is not of this host, or not of the authority", async () => {
  await using served = await ServedCluster.start();
  await using other = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const { authority } = served.cluster;
  const join = authority.join.bind(authority);
  const { ca } = await other.cluster.authority.ca();
  const another = await Deno.readTextFile(
    `${served.cluster.directory}/server.crt`,
  );
  const wrong: ((answer: JoinAnswer) => JoinAnswer)[] = [
    (answer) => ({ ...answer, ca }),
    (answer) => ({ ...answer, certificates: [] }),
    (answer) => {
      const [given] = answer.certificates;
      return {
        ...answer,
        certificates: [{ ...given!, certificate: another }],
      };
    },
  ];
  let at = 0;
  authority.join = async (request) => {
    const answer = await join(request);
    return wrong[at++]?.(answer) ?? answer;
  };
  const membership = await host.membership({
    join: [await served.cluster.token()],
  });
  const joining = membership.ensure({ signal });
  for (let round = 0; round < wrong.length; round++) {
    await waitFor("a pause", () => host.clock.armed === 1);
    ok(!host.files().includes("server.crt"));
    host.clock.pass(15_000);
  }
  await joining;
  equal(at, 4);
});

Deno.test("Membership.ensure() comes back with its old key when its certificate is over", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.joined();
  const { serverKey, serverCert } = host.paths;
  const key = await Deno.readTextFile(serverKey);
  const before = await Deno.readTextFile(serverCert);
  host.pass(40 * DAY);
  // Neither token nor pin is needed any more.
  const back = await host.membership({ "ca-pin": [] });
  deepEqual(await back.ensure({ signal }), []);
  notEqual(await Deno.readTextFile(serverCert), before);
  equal(await Deno.readTextFile(serverKey), key);
});

Deno.test("Membership.ensure() takes a token when it is too late to come back, and says so without one", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.joined();
  host.pass(100 * DAY);
  const late = await host.membership();
  await rejects(late.ensure({ signal }), {
    code: "UNAUTHENTICATED",
    message: /too long to come back with it: join again with a token/,
  });
  const token = await served.cluster.token();
  const again = await host.membership({ join: [token] });
  equal((await again.ensure({ signal })).length, 2);
  equal(host.clock.now() < (await again.read())!.notAfter, true);
});

Deno.test("Membership.ensure() refuses to be somebody else than who joined", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.joined();
  const renamed = await host.membership({ name: ["web-9"] });
  await rejects(renamed.ensure({ signal }), {
    code: "CONFLICT",
    message: /is the node "web-1" .* as the node "web-9".*--name web-1/,
  });
  const changed = await host.membership({
    roles: ["proxy", "node"],
    "public-addr": ["c.example:1"],
  });
  await rejects(changed.ensure({ signal }), {
    code: "CONFLICT",
    message: /as the proxy "web-1"/,
  });
});

Deno.test("Membership.ensure() refuses the state directory of an authority", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  await host.becomeAuthority();
  const token = await served.cluster.token();
  const membership = await host.membership({ join: [token] });
  await rejects(membership.ensure({ signal }), {
    code: "exists",
    message: /key of an authority .* role auth/,
  });
});

Deno.test("Membership.renew() has another certificate made for the same key", async () => {
  await using served = await ServedCluster.start();
  await using host = await JoiningHost.make(served);
  const membership = await host.joined();
  const before = (await membership.read())!;
  const calls = await host.calls();
  await membership.renew(before, { calls, signal });
  const after = (await membership.read())!;
  notEqual(after.serial, before.serial);
  equal(after.key, before.key);

  await using other = await ServedCluster.start();
  const { ca } = await other.cluster.authority.ca();
  const lying = {
    call: async (call: Parameters<typeof calls.call>[0]) => ({
      ...await calls.call(call) as object,
      ca,
    }),
  };
  await rejects(membership.renew(after, { calls: lying, signal }));
  deepEqual(await membership.read(), after);
});
