import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { AuditEvent } from "../../lib/api/audit_event.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import { followEvents, readEvents } from "../../lib/client/events.ts";
import type { Transport } from "../../lib/client/mod.ts";
import { TlsTransport } from "../../lib/client/mod.ts";
import { serveApi, type ServedApi } from "../helpers/api.ts";
import { CuttingProxy } from "../helpers/cutting_proxy.ts";
import { waitFor } from "../helpers/wait_for.ts";

const QUICK = { limit: 10_000, step: 1 };

function transportTo(api: ServedApi, address: string, who: "admin" | "alice") {
  const { ca: cacert, clients } = api.certificates;
  return new TlsTransport({ address, cacert, ...clients[who] });
}

const addressOf = (api: ServedApi) => new URL(api.origin).host;

/** Records a numbered event. */
function record(api: ServedApi, number: number): void {
  api.audit.record({ action: "job.start", result: "ok", detail: { number } });
}

async function collect(events: AsyncIterable<AuditEvent>): Promise<unknown[]> {
  const numbers = [];
  for await (const { detail } of events) numbers.push(detail.number);
  return numbers;
}

Deno.test("readEvents() gives the events that are there", async () => {
  await using api = await serveApi();
  for (let number = 0; number < 5; number++) record(api, number);
  using transport = transportTo(api, addressOf(api), "admin");
  deepEqual(await collect(readEvents(transport)), [0, 1, 2, 3, 4]);
  deepEqual(await collect(readEvents(transport, { limit: 2 })), [3, 4]);
});

Deno.test("readEvents() and followEvents() reject when the user is no administrator", async () => {
  await using api = await serveApi();
  using transport = transportTo(api, addressOf(api), "alice");
  for (const events of [readEvents(transport), followEvents(transport)]) {
    await rejects(
      events.next(),
      (error) =>
        error instanceof WorkerError && error.code === "PERMISSION_DENIED",
    );
  }
});

Deno.test("followEvents() gives each event once when connections are cut", async () => {
  await using api = await serveApi();
  await using proxy = await CuttingProxy.listen(addressOf(api));
  using transport = transportTo(api, proxy.addr, "admin");
  for (let number = -5; number < 0; number++) record(api, number);
  const abort = new AbortController();
  const seen: unknown[] = [];
  let cuts = 0;
  const following = (async () => {
    const events = followEvents(transport, { limit: 2 }, {
      patience: QUICK,
      retrying: () => cuts++,
      signal: abort.signal,
    });
    for await (const { detail } of events) seen.push(detail.number);
  })();
  await waitFor("the first events", () => seen.length === 2);
  for (let round = 0; round < 10; round++) {
    const number = round * 3;
    record(api, number);
    if (round % 2 === 0) await waitFor("it", () => seen.includes(number));
    proxy.cut();
    record(api, number + 1);
    record(api, number + 2);
    await waitFor("what came meanwhile", () => seen.includes(number + 2));
  }
  ok(cuts >= 10, "the connection was cut");
  abort.abort();
  await following;
  deepEqual(seen, Array.from({ length: 32 }, (_, index) => index - 2));
});

Deno.test("followEvents() misses nothing when the connection is cut before any event", async () => {
  await using api = await serveApi();
  await using proxy = await CuttingProxy.listen(addressOf(api));
  using transport = transportTo(api, proxy.addr, "admin");
  const abort = new AbortController();
  let answered = false;
  const watched: Transport = {
    address: transport.address,
    async fetch(path, init) {
      const response = await transport.fetch(path, init);
      answered = true;
      return response;
    },
    [Symbol.dispose]() {},
  };
  const events = followEvents(watched, { limit: 1 }, {
    patience: QUICK,
    signal: abort.signal,
  });
  const first = events.next();
  // Not earlier: a request that nobody has answered is simply sent again.
  await waitFor("the answer", () => answered);
  proxy.refusing = true;
  proxy.cut();
  for (let number = 0; number < 3; number++) record(api, number);
  proxy.refusing = false;
  const numbers = [(await first).value!.detail.number];
  for (let count = 0; count < 2; count++) {
    numbers.push((await events.next()).value!.detail.number);
  }
  deepEqual(numbers, [0, 1, 2]);
  abort.abort();
  equal((await events.next()).done, true);
});

Deno.test("followEvents() goes on when the server ends the stream, and gives up in the end", async () => {
  const paths: string[] = [];
  const line = (second: number) =>
    JSON.stringify({
      id: `01k9zq4t3v8m2c7x5n0b6d1f2${second}`,
      time: `2026-01-01T00:01:0${second}.000Z`,
      detail: { number: second },
    }) + "\n";
  const bodies = [line(1) + line(2), line(1) + line(2) + line(3)];
  const transport: Transport = {
    address: "fixture:1",
    fetch(path) {
      paths.push(path);
      const body = bodies.shift();
      return body === undefined
        ? Promise.reject(new WorkerError("UNAVAILABLE", "it is gone"))
        : Promise.resolve(new Response(new Blob([body]).stream()));
    },
    [Symbol.dispose]() {},
  };
  const numbers: unknown[] = [];
  await rejects(
    async () => {
      const events = followEvents(transport, { actor: "bob", limit: 7 }, {
        patience: { ...QUICK, limit: 100 },
      });
      for await (const { detail } of events) numbers.push(detail.number);
    },
    /it is gone/,
  );
  deepEqual(numbers, [1, 2, 3]);
  equal(paths[0], "/v1/events?actor=bob&limit=7&follow=true");
  match(
    paths[1]!,
    /^\/v1\/events\?actor=bob&since=2026-01-01T00%3A00%3A52.000Z&follow=true$/,
  );
});
