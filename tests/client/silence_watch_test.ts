import { deepEqual, equal } from "node:assert/strict";
import { encodeControl } from "../../lib/api/frame.ts";
import {
  followOutput,
  FrameReader,
  JobClient,
  TlsTransport,
} from "../../lib/client/mod.ts";
import { isOutputMissing } from "../../lib/client/output_missing.ts";
import { SilenceWatch } from "../../lib/client/silence_watch.ts";
import { exampleJob } from "../helpers/example_job.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { makeCertificates } from "./certificates.ts";
import { serveFixture } from "./fixture_server.ts";
import {
  bodyFrom,
  endOf,
  type Printed,
  randomOutput,
  streamOf,
} from "./frames.ts";

Deno.test("followOutput() goes on elsewhere when a connection carries nothing though nobody has closed it", async () => {
  await using certificates = await makeCertificates();
  const printed = randomOutput(10);
  let opened = 0;
  const whole = bodyFrom(printed, 0);
  const end = encodeControl(endOf(printed)).length;
  await using server = await serveFixture(certificates, (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "https://x");
    if (!pathname.endsWith("/output")) {
      const exit = {
        code: 0,
        signal: null,
        reason: "exited" as const,
        detail: null,
      };
      return void response.end(JSON.stringify(exampleJob({ exit })));
    }
    // The first one loses the end of the output and stays open.
    if (opened++ === 0) {
      return void response.write(whole.subarray(0, whole.length - end));
    }
    response.end(bodyFrom(printed, Number(searchParams.get("from"))));
  });
  using transport = new TlsTransport({
    address: server.address,
    cacert: certificates.ca,
    ...certificates.alice,
  });
  const client = new JobClient(transport);
  const got: Printed = [];
  await followOutput({
    address: server.address,
    reader: new FrameReader({
      output: ({ stream, bytes }) => {
        got.push({ stream, bytes: bytes.slice() });
        return Promise.resolve();
      },
    }),
    silence: {
      afterMs: 20,
      missing: (offset, signal) =>
        isOutputMissing(client, { id: "j", offset, signal }),
    },
    open: (from) =>
      client.outputBody("j", { follow: true, ...(from !== null && { from }) }),
  });
  equal(opened, 2);
  deepEqual(streamOf(got, "stdout"), streamOf(printed, "stdout"));
  deepEqual(streamOf(got, "stderr"), streamOf(printed, "stderr"));
});

Deno.test("SilenceWatch leaves a quiet job alone, and asks nothing while the reader is busy", async () => {
  let cuts = 0;
  const asked = { busy: 0, quiet: 0 };
  const body = { offset: () => 7, cut: () => cuts++ };
  const options = (which: keyof typeof asked) => ({
    afterMs: 5,
    missing: () => {
      asked[which]++;
      return Promise.resolve(false);
    },
  });
  using busy = new SilenceWatch(options("busy"), body);
  using quiet = new SilenceWatch(options("quiet"), body);
  busy.goesOn();
  quiet.waits();
  await waitFor("the quiet one to ask", () => asked.quiet > 3);
  equal(asked.busy, 0);
  equal(cuts, 0);
});

Deno.test("SilenceWatch cuts when nobody answers", async () => {
  let cuts = 0;
  using watch = new SilenceWatch({
    afterMs: 5,
    missing: () => Promise.reject(new Error("no route")),
  }, { offset: () => 7, cut: () => cuts++ });
  watch.waits();
  await waitFor("it to cut", () => cuts > 0);
});

Deno.test("isOutputMissing() goes by what a job has printed and whether it has ended", async () => {
  const job = exampleJob({ exit: null, output: { start: 0, end: 10 } });
  const jobs = { get: () => Promise.resolve(job) };
  const { signal } = new AbortController();
  const missing = (offset: number | null, stream?: "stdout") =>
    isOutputMissing(jobs, { id: "j", offset, stream, signal });
  deepEqual(
    await Promise.all([
      missing(9),
      missing(10),
      missing(null),
      missing(9, "stdout"),
    ]),
    [true, false, false, false],
  );
});
