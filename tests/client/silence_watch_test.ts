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
import { delay } from "../helpers/delay.ts";
import { exampleJob } from "../helpers/example_job.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
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

/** A watch on a clock that the test turns, which asks after 5 s and every 20 s at last. */
function watched(missing: () => Promise<boolean>) {
  const clock = new FakeClock();
  const seen = { asked: 0, cuts: 0 };
  const watch = new SilenceWatch({
    clock,
    missing: () => {
      seen.asked++;
      return missing();
    },
  }, { offset: () => 7, cut: () => seen.cuts++ });
  /** Lets so many seconds pass, and what is answered be heard. */
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.pass(1_000);
      await delay(0);
    }
  };
  return {
    clock,
    seen,
    watch,
    pass,
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

Deno.test("SilenceWatch leaves a quiet job alone, and asks less and less often", async () => {
  using quiet = watched(() => Promise.resolve(false));
  const { seen, watch, pass } = quiet;
  watch.waits();
  const asked: number[] = [];
  for (const seconds of [4, 1, 9, 1, 19, 1, 19, 1]) {
    await pass(seconds);
    asked.push(seen.asked);
  }
  deepEqual(asked, [0, 1, 1, 2, 2, 3, 3, 4]);
  // What comes makes it watchful again.
  watch.goesOn();
  watch.waits();
  await pass(5);
  equal(seen.asked, 5);
  equal(seen.cuts, 0);
});

Deno.test("SilenceWatch asks nothing while bytes come or the reader is busy, and counts from the last byte", async () => {
  using busy = watched(() => Promise.resolve(true));
  const { seen, watch, pass } = busy;
  await pass(60);
  for (let read = 0; read < 20; read++) {
    watch.waits();
    await pass(4);
    watch.goesOn();
  }
  equal(seen.asked, 0);
  watch.waits();
  await pass(5);
  deepEqual(seen, { asked: 1, cuts: 1 });
});

Deno.test("SilenceWatch cuts when nobody answers, and not when something came before the answer", async () => {
  const answer = Promise.withResolvers<boolean>();
  using late = watched(() => answer.promise);
  late.watch.waits();
  await late.pass(5);
  late.watch.goesOn();
  answer.resolve(true);
  await late.pass(60);
  deepEqual(late.seen, { asked: 1, cuts: 0 });

  using nobody = watched(() => Promise.reject(new Error("no route")));
  nobody.watch.waits();
  await nobody.pass(5);
  deepEqual(nobody.seen, { asked: 1, cuts: 1 });
  equal(nobody.clock.armed, 0);
});

Deno.test("SilenceWatch ends with its question when it is disposed", async () => {
  const answer = Promise.withResolvers<boolean>();
  const { seen, watch, pass, clock } = watched(() => answer.promise);
  watch.waits();
  await pass(5);
  watch[Symbol.dispose]();
  answer.reject(new Error("aborted"));
  await pass(60);
  deepEqual(seen, { asked: 1, cuts: 0 });
  equal(clock.armed, 0);
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
