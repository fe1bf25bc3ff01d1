import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { FrameDecoder } from "../../lib/api/frame.ts";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";
import { records, RecordStream } from "../helpers/record_stream.ts";
import { until } from "../helpers/jobs.ts";

Deno.test("POST /v1/run tells the job first, then output, then the end", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    const alice = api.as("alice", protocol);
    const job = { command: "sh", args: ["-c", "echo out; exit 4"] };
    await t.step(`ndjson ${protocol}`, async () => {
      const { status, headers, text } = await alice.post("/v1/run", job);
      equal(status, 200);
      equal(headers.get("content-type"), "application/x-ndjson");
      const [first, output, end, ...more] = records(text);
      deepEqual([first.type, first.command, first.owner, first.state], [
        "job",
        "sh",
        "alice",
        "running",
      ]);
      equal(headers.get("location"), `/v1/jobs/${first.id}`);
      deepEqual([output.type, output.data], ["output", "out\n"]);
      deepEqual([end.type, end.state, end.exit.code], ["end", "failed", 4]);
      deepEqual(more, []);
    });
    await t.step(`frames ${protocol}`, async () => {
      const response = await alice.open("/v1/run?format=frames", {
        method: "POST",
        body: JSON.stringify(job),
      });
      const seen: string[] = [];
      new FrameDecoder({
        output: (piece) => seen.push(new TextDecoder().decode(piece)),
        control: ({ type }) => seen.push(type),
      }).push(await response.bytes());
      deepEqual(seen, ["job", "position", "out\n", "end"]);
    });
    await t.step(`raw ${protocol}`, async () => {
      const { headers, text } = await alice.post("/v1/run?format=raw", job);
      equal(text, "out\n");
      match(headers.get("location")!, /^\/v1\/jobs\/\w{26}$/);
    });
  }
});

Deno.test("POST /v1/run and /v1/jobs start one job for one Idempotency-Key", async () => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    const start = (
      who: "alice" | "bob",
      path: string,
      { key = "k-1", command = "true" } = {},
    ) =>
      api.as(who, protocol).ask(path, {
        method: "POST",
        headers: { "idempotency-key": `${protocol}:${key}` },
        body: JSON.stringify({ command }),
      });
    const ids = [
      records((await start("alice", "/v1/run")).text)[0].id,
      records((await start("alice", "/v1/run")).text)[0].id,
      (await start("alice", "/v1/jobs")).json.id,
    ];
    equal(new Set(ids).size, 1);
    const others = [
      (await start("bob", "/v1/jobs")).json.id,
      (await start("alice", "/v1/jobs", { key: "k-2" })).json.id,
    ];
    equal(new Set([...ids, ...others]).size, 3);
    const other = await start("alice", "/v1/run", { command: "false" });
    deepEqual([other.status, other.json.code], [409, "CONFLICT"]);
    const wrong = await start("alice", "/v1/run", { key: "a b" });
    deepEqual([wrong.status, wrong.json.code], [400, "INVALID_ARGUMENT"]);
    match(wrong.json.detail, /idempotency-key: write 1 to 128 visible/);
  }
});

Deno.test("POST /v1/run leaves the job running when its client goes", async () => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    const alice = api.as("alice", protocol);
    let id = "";
    {
      await using stream = new RecordStream(
        await alice.open("/v1/run", {
          method: "POST",
          body: `{"command":"sh","stdin":true,"args":["-c","echo a; cat"]}`,
        }),
      );
      id = (await stream.next()).id;
      equal((await stream.next()).data, "a\n");
    }
    equal((await alice.post(`/v1/jobs/${id}/input`, "b\n")).status, 200);
    equal(
      (await alice.get(`/v1/jobs/${id}?wait=true`)).json.state,
      "succeeded",
    );
    const { text } = await alice.get(`/v1/jobs/${id}/output?format=raw`);
    equal(text, "a\nb\n");
  }
});

Deno.test("GET /v1/jobs/{id}?wait=true is given up when its client goes", async () => {
  const signals: AbortSignal[] = [];
  await using api = await serveApi();
  const get = api.jobs.get.bind(api.jobs);
  api.jobs.get = (id, options = {}) => {
    if (options.signal) signals.push(options.signal);
    return get(id, options);
  };
  for (const protocol of PROTOCOLS) {
    const alice = api.as("alice", protocol);
    const { id } = await alice.start({ command: "sleep", args: ["60"] });
    const client = new AbortController();
    const waiting = alice.get(`/v1/jobs/${id}?wait=true`);
    await until(() => signals.length === 1);
    const gone = rejects(
      alice.ask(`/v1/jobs/${id}?wait=true`, { signal: client.signal }),
    );
    await until(() => signals.length === 2);
    client.abort();
    await gone;
    await until(() => signals[1]!.aborted, { what: "the end of the wait" });
    equal(signals[0]!.aborted, false);
    await alice.post(`/v1/jobs/${id}/stop`);
    equal((await waiting).json.state, "stopped");
    signals.length = 0;
  }
});
