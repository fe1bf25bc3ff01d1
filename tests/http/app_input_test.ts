import { deepEqual, equal, match, rejects } from "node:assert/strict";
import http2 from "node:http2";
import { PROTOCOLS, serveApi, type ServedApi } from "../helpers/api.ts";
import { randomBytes, sha256 } from "../helpers/digest.ts";
import { until } from "../helpers/jobs.ts";

Deno.test("POST …/input gives the job exactly these bytes", async (t) => {
  await using api = await serveApi();
  const bytes = randomBytes(20_000_000);
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      // It reads little by little, so the upload goes at its pace.
      const { id } = await alice.start({
        command: "sh",
        args: ["-c", "head -c 100000; sleep 0.2; exec cat"],
        stdin: true,
      });
      const { status, json } = await alice.ask(`/v1/jobs/${id}/input`, {
        method: "POST",
        body: bytes,
      });
      deepEqual([status, json.id], [200, id]);
      const job = (await alice.get(`/v1/jobs/${id}?wait=true`)).json;
      equal(job.bytes.stdout, bytes.length);
      equal(job.sha256.stdout, await sha256(bytes));
    });
  }
});

Deno.test("POST …/input goes at the job's pace when the job doesn't read", async (t) => {
  await using api = await serveApi();
  const total = 100 * 2 ** 20;
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const go = `${api.directory}/go-${protocol.replace("/", "-")}`;
      const { id } = await alice.start({
        command: "sh",
        args: ["-c", `until [ -e ${go} ]; do sleep 0.02; done; wc -c`],
        stdin: true,
      });
      let sent = 0;
      const chunk = new Uint8Array(64 * 1024);
      const upload = alice.ask(`/v1/jobs/${id}/input`, {
        method: "POST",
        duplex: "half",
        body: new ReadableStream({
          pull(controller) {
            if (sent === total) return controller.close();
            sent += chunk.length;
            controller.enqueue(chunk.slice());
          },
        }),
      });
      // It stands still when many round trips move nothing.
      let before = -1;
      await until(async () => {
        const still = sent > 0 && sent === before;
        before = sent;
        for (let round = 0; round < 20; round++) await alice.get("/readyz");
        return still;
      }, { what: "the upload to wait" });
      equal(sent < 40 * 2 ** 20, true, `${sent} bytes were taken`);
      await Deno.writeTextFile(go, "");
      equal((await upload).status, 200);
      const output = await alice.get(
        `/v1/jobs/${id}/output?format=raw&follow=true`,
      );
      equal(Number(output.text), total);
    });
  }
});

/** Begins an upload that never ends; `cut` breaks it off. */
const BEGIN_UPLOAD = {
  "http/1.1"(api: ServedApi, path: string, bytes: Uint8Array<ArrayBuffer>) {
    const client = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(bytes),
    });
    const upload = rejects(
      api.as("alice", "http/1.1").ask(path, {
        method: "POST",
        duplex: "half",
        signal: client.signal,
        body,
      }),
    );
    return () => {
      client.abort();
      return upload;
    };
  },
  // Not by fetch: it says nothing to the server when it gives an HTTP/2 upload up.
  h2(api: ServedApi, path: string, bytes: Uint8Array<ArrayBuffer>) {
    const session = http2.connect(api.origin, {
      ca: api.certificates.ca,
      ...api.certificates.clients.alice,
    });
    const stream = session.request({ ":method": "POST", ":path": path });
    const closed = new Promise<void>((resolve) => {
      session.once("close", () => resolve());
    });
    stream.on("error", () => {});
    stream.write(bytes);
    return () => {
      if (stream.closed) session.destroy();
      else stream.once("close", () => session.destroy());
      stream.close(http2.constants.NGHTTP2_CANCEL);
      return closed;
    };
  },
};

Deno.test("POST …/input leaves standard input open when the upload is cut", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.start({ command: "cat", stdin: true });
      const path = `/v1/jobs/${id}/input`;
      const first = new TextEncoder().encode("first,");
      const cut = BEGIN_UPLOAD[protocol](api, path, first);
      const got = async () =>
        (await alice.get(`/v1/jobs/${id}/output?format=raw`)).text;
      await until(async () => await got() === "first,");
      const busy = await alice.post(path, "no");
      deepEqual([busy.status, busy.json.code], [409, "CONFLICT"]);
      await cut();
      await until(async () =>
        (await alice.post(path, "second")).status === 200
      );
      const job = (await alice.get(`/v1/jobs/${id}?wait=true`)).json;
      equal(job.state, "succeeded");
      equal(await got(), "first,second");
    });
  }
});

Deno.test("POST …/input makes way for the next one when it is cut while the job doesn't read", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const go = `${api.directory}/go`;
  const { id } = await alice.start({
    command: "sh",
    args: ["-c", `until [ -e ${go} ]; do sleep 0.02; done; wc -c`],
    stdin: true,
  });
  const path = `/v1/jobs/${id}/input`;
  const cut = BEGIN_UPLOAD.h2(api, path, new Uint8Array(1 << 20));
  // What asks whether it has begun is not to be faster, and taken itself.
  await until(() => api.listener.connections === 2);
  for (let round = 0; round < 20; round++) await alice.get("/readyz");
  await until(async () => (await alice.post(path, "no")).status === 409);
  await cut();
  const next = alice.post(path, "the last");
  await until(async () => {
    const { status, json } = await alice.post(path, "");
    return status === 409 && /another request/.test(json.detail);
  });
  await Deno.writeTextFile(go, "");
  equal((await next).status, 200);
  equal((await alice.get(`/v1/jobs/${id}?wait=true`)).json.state, "succeeded");
});

Deno.test("POST …/input is refused when the job takes none", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.start({ command: "sleep", args: ["60"] });
      const none = await alice.post(`/v1/jobs/${id}/input`, "x");
      deepEqual([none.status, none.json.code], [409, "CONFLICT"]);
      match(none.json.detail, /stdin/);
      await alice.start({ command: "true" });
      const big = await alice.ask(`/v1/jobs/${id}/input`, {
        method: "POST",
        body: new Uint8Array(5_000_000),
      });
      deepEqual([big.status, big.json.code], [409, "CONFLICT"]);
      equal((await alice.get(`/v1/jobs/${id}`)).status, 200);
    });
  }
});
