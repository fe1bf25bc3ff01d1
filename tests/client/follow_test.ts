import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeControl } from "../../lib/api/frame.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import {
  followOutput,
  FrameReader,
  JobClient,
  NdjsonReader,
  TlsTransport,
} from "../../lib/client/mod.ts";
import { makeCertificates } from "./certificates.ts";
import { type FixtureServer, serveFixture } from "./fixture_server.ts";
import {
  bodyFrom,
  concat,
  endOf,
  frame,
  type Printed,
  randomOutput,
  streamOf,
} from "./frames.ts";

const certificates = await makeCertificates();
Deno.test.afterAll(async () => await certificates[Symbol.asyncDispose]());

const { ca: cacert, alice } = certificates;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const QUICK = { limit: 2_000, step: 1 };

/** Follows job `j` of a server that answers like this; what came, by stream. */
async function followed(handler: Handler, only?: "stdout" | "stderr") {
  await using server = await serveFixture(certificates, handler);
  return await followOn(server, only);
}

async function followOn(server: FixtureServer, only?: "stdout" | "stderr") {
  using transport = new TlsTransport({
    address: server.address,
    cacert,
    ...alice,
  });
  const client = new JobClient(transport);
  const got: Printed = [];
  const gaps: { from: number; to: number }[] = [];
  const end = await followOutput({
    address: server.address,
    patience: QUICK,
    reader: new FrameReader({
      output: ({ stream, bytes }) => {
        got.push({ stream, bytes: bytes.slice() });
        return Promise.resolve();
      },
      gap: ({ from, to }) => gaps.push({ from, to }),
      ...(only && { stream: only }),
    }),
    open: (from) =>
      client.outputBody("j", {
        follow: true,
        ...(from !== null && { from }),
        ...(only && { stream: only }),
      }),
  });
  return { got, gaps, end, requests: server.requests };
}

function fromOf(request: IncomingMessage): number {
  const { searchParams } = new URL(request.url!, "https://localhost");
  return Number(searchParams.get("from") ?? 0);
}

Deno.test("followOutput() hands out each byte once when connections are cut at random places", async () => {
  const printed = randomOutput(60);
  const requested: number[] = [];
  const { got, end, requests } = await followed((request, response) => {
    requested.push(fromOf(request));
    const body = bodyFrom(printed, fromOf(request));
    response.writeHead(200, { "content-type": "application/octet-stream" });
    // The 20th attempt gets through; a cut may fall into a header or a payload.
    const cut = requested.length < 20
      ? Math.floor(Math.random() * Math.min(body.length, 60_000))
      : body.length;
    response.write(body.subarray(0, cut), () => {
      if (cut < body.length) response.socket!.destroy();
      else response.end();
    });
  });
  equal(end?.type, "end");
  ok(requests.length > 1, "it was cut");
  deepEqual(streamOf(got, "stdout"), streamOf(printed, "stdout"));
  deepEqual(streamOf(got, "stderr"), streamOf(printed, "stderr"));
});

Deno.test("followOutput() resumes when a body ends cleanly without its end record", async () => {
  const printed = randomOutput(10);
  const { got, requests } = await followed((request, response) => {
    const body = bodyFrom(printed, fromOf(request));
    const end = encodeControl(endOf(printed)).length;
    const cut = fromOf(request) === 0 ? body.length - end : body.length;
    response.end(body.subarray(0, cut));
  });
  equal(requests.length, 2);
  deepEqual(streamOf(got, "stdout"), streamOf(printed, "stdout"));
});

Deno.test("followOutput() drops what the server sends again when it begins before the offset", async () => {
  const printed = randomOutput(8);
  let attempts = 0;
  const { got } = await followed((_request, response) => {
    const body = bodyFrom(printed, 0);
    response.writeHead(200);
    if (attempts++ > 0) return void response.end(body);
    response.write(body.subarray(0, 41_000), () => response.socket!.destroy());
  });
  equal(attempts, 2);
  deepEqual(streamOf(got, "stdout"), streamOf(printed, "stdout"));
  deepEqual(streamOf(got, "stderr"), streamOf(printed, "stderr"));
});

Deno.test("followOutput() reports a gap and checks no totals when retention removed bytes", async () => {
  const printed: Printed = [{ stream: "stdout", bytes: new Uint8Array(1000) }];
  const { gaps, end } = await followed((_request, response) => {
    response.end(concat([
      encodeControl({ type: "position", offset: 0 }),
      frame("stdout", new Uint8Array(10)),
      encodeControl({ type: "gap", from: 10, to: 990 }),
      frame("stdout", new Uint8Array(10)),
      encodeControl(endOf(printed)),
    ]));
  });
  deepEqual(gaps, [{ from: 10, to: 990 }]);
  equal(end?.bytes.stdout, 1000);
});

Deno.test("followOutput() fails loudly when the totals differ", async () => {
  const printed: Printed = [{ stream: "stdout", bytes: new Uint8Array(1000) }];
  const answer: Handler = (_request, response) => {
    response.end(concat([
      encodeControl({ type: "position", offset: 0 }),
      frame("stdout", new Uint8Array(999)),
      encodeControl(endOf(printed)),
    ]));
  };
  await rejects(followed(answer), {
    code: "INTERNAL",
    message: /999 bytes of stdout came, the job printed 1000/,
  });
});

Deno.test("followOutput() counts the stream alone that was asked for", async () => {
  const printed = randomOutput(10);
  const stderr = printed.filter(({ stream }) => stream === "stderr");
  const { got } = await followed((_request, response) => {
    response.end(concat([
      encodeControl({ type: "position", offset: 7 }),
      ...stderr.map(({ stream, bytes }) => frame(stream, bytes)),
      encodeControl(endOf(printed)),
    ]));
  }, "stderr");
  deepEqual(streamOf(got, "stderr"), streamOf(printed, "stderr"));
});

Deno.test("followOutput() ends at once when the server refuses to resume", async () => {
  const printed = randomOutput(10);
  let attempts = 0;
  const answer: Handler = (_request, response) => {
    if (attempts++ > 0) {
      const problem = new WorkerError("NOT_FOUND", 'no job "j"').toProblem();
      response.writeHead(404, { "content-type": "application/problem+json" });
      return void response.end(JSON.stringify(problem));
    }
    response.write(
      bodyFrom(printed, 0).subarray(0, 500),
      () => response.socket!.destroy(),
    );
  };
  await rejects(followed(answer), { code: "NOT_FOUND", message: 'no job "j"' });
  equal(attempts, 2);
});

Deno.test("followOutput() does not retry when the first connection fails", async () => {
  const server = await serveFixture(certificates, () => {});
  await server[Symbol.asyncDispose]();
  await rejects(followOn(server), { code: "UNAVAILABLE" });
});

Deno.test("followOutput() gives up with the connection's error when the server stays away", async () => {
  const printed = randomOutput(10);
  const answer: Handler = (request, response) => {
    if (fromOf(request) > 0) return void request.socket.destroy();
    response.write(
      bodyFrom(printed, 0).subarray(0, 5_000),
      () => response.socket!.destroy(),
    );
  };
  await rejects(followed(answer), {
    code: "UNAVAILABLE",
    message: /^cannot reach "localhost:\d+": the connection was cut$/,
  });
});

Deno.test("followOutput() passes whole NDJSON records on once when connections are cut", async () => {
  const lines = Array.from({ length: 200 }, (_, n) => `line ${n} äöü\n`);
  const size = (text: string) => new TextEncoder().encode(text).length;
  const records = (from: number) => {
    let offset = 0;
    const kept: string[] = [];
    for (const data of lines) {
      const record = { type: "output", offset, stream: "stdout", data };
      if (offset >= from) kept.push(JSON.stringify(record) + "\n");
      offset += size(data);
    }
    const end = { ...endOf([]), bytes: { stdout: offset, stderr: 0 } };
    return new TextEncoder().encode(kept.join("") + JSON.stringify(end) + "\n");
  };
  let attempts = 0;
  await using server = await serveFixture(certificates, (request, response) => {
    const body = records(fromOf(request));
    const cut = ++attempts < 10
      ? Math.floor(Math.random() * body.length)
      : body.length;
    response.writeHead(200);
    response.write(body.subarray(0, cut), () => {
      if (cut < body.length) response.socket!.destroy();
      else response.end();
    });
  });
  using transport = new TlsTransport({
    address: server.address,
    cacert,
    ...alice,
  });
  const client = new JobClient(transport);
  const got: string[] = [];
  await followOutput({
    address: server.address,
    patience: QUICK,
    reader: new NdjsonReader({
      lines: (bytes) => {
        got.push(new TextDecoder().decode(bytes));
        return Promise.resolve();
      },
    }),
    open: (from) =>
      client.outputBody("j", {
        format: "ndjson",
        follow: true,
        ...(from !== null && { from }),
      }),
  });
  equal(got.join(""), new TextDecoder().decode(records(0)));
  match(server.requests.at(-1)!, /from=\d+/);
});
