import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { AddressList } from "../../lib/client/address_list.ts";
import { connectionError } from "../../lib/client/connection_error.ts";
import { fetchSomewhere } from "../../lib/client/fetch_somewhere.ts";
import type { TransportRequest } from "../../lib/client/transport.ts";

const REFUSED = "client error (Connect): tcp connect error: Connection refused";
const CUT = "peer closed connection without sending TLS close_notify";
const LATE = "timed out after 10000 ms";
const EXPIRED = "received fatal alert: CertificateExpired";

const GET: TransportRequest = {};
const POST: TransportRequest = { method: "POST", body: "{}" };
const STOP: TransportRequest = { ...POST, repeatable: true };
const STREAM: TransportRequest = { method: "POST", body: new ReadableStream() };

/** Sends to `a`, `b` and `c`, which answer or fail like this; who was asked, and who is in use. */
async function sent(
  outcomes: Record<string, string | number>,
  request: TransportRequest,
) {
  const addresses = new AddressList("a:1,b:1, c:1");
  const asked: string[] = [];
  const limits: (number | undefined)[] = [];
  const answer = await fetchSomewhere((address, limit) => {
    asked.push(address[0]!);
    limits.push(limit);
    const outcome = outcomes[address[0]!] ?? 200;
    if (typeof outcome === "number") {
      return Promise.resolve(new Response(null, { status: outcome }));
    }
    const message = outcome === LATE ? LATE : "fetch failed";
    const cause = outcome === LATE ? {} : { cause: new Error(outcome) };
    return Promise.reject(connectionError(new Error(message, cause), address));
  }, { addresses, request }).then(
    ({ status }) => status,
    (error) => error.code,
  );
  return {
    asked: asked.join(""),
    answer,
    used: addresses.current[0],
    limits,
  };
}

Deno.test("fetchSomewhere() asks the next server exactly when that is safe", async (t) => {
  const cases: [
    string,
    Record<string, string | number>,
    TransportRequest,
    [string, number | string, string],
  ][] = [
    ["all is well", {}, POST, ["a", 200, "a"]],
    ["a POST found nobody", { a: REFUSED }, POST, ["ab", 200, "b"]],
    ["nobody is anywhere", { a: REFUSED, b: REFUSED, c: REFUSED }, GET, [
      "abc",
      "UNAVAILABLE",
      "a",
    ]],
    ["a POST was cut", { a: CUT }, POST, ["a", "UNAVAILABLE", "b"]],
    ["a GET was cut", { a: CUT }, GET, ["a", "UNAVAILABLE", "b"]],
    ["a GET is answered too late", { a: LATE }, GET, ["ab", 200, "b"]],
    ["a POST is answered too late", { a: LATE }, POST, [
      "a",
      "UNAVAILABLE",
      "b",
    ]],
    ["a proxy can't reach the node", { a: 503 }, GET, ["ab", 200, "b"]],
    ["no proxy can", { a: 503, b: 503, c: 503 }, STOP, ["abc", 503, "a"]],
    ["a proxy may have lost a POST", { a: 503 }, POST, ["a", 503, "b"]],
    ["a refusal is one", { a: 403 }, GET, ["a", 403, "a"]],
    ["an alert is one", { a: EXPIRED }, GET, ["a", "UNAUTHENTICATED", "a"]],
    ["a stream is sent once", { a: REFUSED }, STREAM, [
      "a",
      "UNAVAILABLE",
      "b",
    ]],
  ];
  for (const [name, outcomes, request, expected] of cases) {
    await t.step(name, async () => {
      const { asked, answer, used } = await sent(outcomes, request);
      deepEqual([asked, answer, used], expected);
    });
  }
});

Deno.test("fetchSomewhere() waits shortly only while there is another one that can be asked", async () => {
  const { limits } = await sent({ a: LATE, b: LATE }, GET);
  deepEqual(limits.map((limit) => typeof limit), [
    "number",
    "number",
    "undefined",
  ]);
  equal((await sent({}, POST)).limits[0], undefined);
});

Deno.test("fetchSomewhere() tells what each server failed with", async () => {
  const addresses = new AddressList("a:1,b:1");
  const refused = (address: string) =>
    Promise.reject(
      connectionError(
        new Error("fetch failed", { cause: new Error(REFUSED) }),
        address,
      ),
    );
  await rejects(fetchSomewhere(refused, { addresses, request: {} }), {
    code: "UNAVAILABLE",
    message: /"a:1": connection refused.*"b:1": connection refused/,
  });
});

Deno.test("AddressList leaves a server once, however many requests it has failed", () => {
  const addresses = new AddressList("a:1,b:1");
  addresses.leave("a:1");
  addresses.leave("a:1");
  equal(addresses.current, "b:1");
  throws(() => new AddressList("a:1,b/x"), /"b\/x" is not an address/);
});
