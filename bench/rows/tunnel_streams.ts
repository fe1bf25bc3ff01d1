import { curlWords } from "../../tests/helpers/credentials.ts";
import { waitFor } from "../../tests/helpers/wait_for.ts";
import type { Worker } from "../../tests/helpers/worker.ts";
import { Api } from "../api.ts";
import { HUB, startNode } from "../cluster_node.ts";
import type { JobView } from "../jobs.ts";
import type { Row } from "../row.ts";
import { figure, median, quantile, summary } from "../stats.ts";

const STREAMS = 200;
const CALLS = 500;
const TARGET_MS = 50;
const RAW = "application/octet-stream";
const JOBS = "/v1/nodes/node-1/jobs";

/** Whether one stream that takes all it can get holds up the others of its tunnel. */
export const tunnelStreams: Row = {
  name: "tunnel_streams",
  what:
    `a small call while ${STREAMS} streams go through one tunnel, one of them with all the bytes it can`,
  target: `p99 ≤ ${TARGET_MS} ms`,
  serve: HUB,
  async measure({ worker }) {
    await using stack = new AsyncDisposableStack();
    stack.use(await startNode(worker));
    const api = stack.use(new Api(worker));
    const others = stack.use(new Api(worker));
    const giveUp = new AbortController();
    stack.defer(() => giveUp.abort());
    const start = async (command: string, args: string[]) =>
      (await api.json<JobView>(JOBS, { command, args })).id;

    const printed = await start("head", ["-c", "200M", "/dev/zero"]);
    await (await api.call(`${JOBS}/${printed}?wait=true`)).text();
    const lines = await start("sh", [
      "-c",
      "while :; do echo line; sleep 1; done",
    ]);
    const followers = Array.from(
      { length: STREAMS - 1 },
      () => follow(others, lines, giveUp),
    );
    await waitFor(
      "every stream to flow",
      () => followers.every(({ bytes }) => bytes > 0),
      { timeout: 120_000 },
    );
    const idle = await callAgain(api, lines);
    const bulk = stack.use(readAgain(worker, printed));
    await waitFor("the bulk stream to flow", () => bulk.rates.length > 0, {
      timeout: 120_000,
    });
    const calls = await callAgain(api, lines);
    const p99 = quantile(calls, 0.99);
    return {
      measured: `p99 ${figure(p99)} ms (p50 ${figure(median(calls))} ms)`,
      met: p99 <= TARGET_MS,
      details: [
        `before the bulk stream: p50 ${figure(median(idle))} ms, p99 ${
          figure(quantile(idle, 0.99))
        } ms`,
        `the bulk stream meanwhile: ${summary(bulk.rates, "MiB/s")}`,
        `${CALLS} calls of \`GET …/jobs/ID\`, one after the other, over a connection of their own to the proxy; the bulk stream is \`curl\` reading 200 MiB of output again and again; the other ${
          STREAMS - 1
        } streams follow a job that prints a line each second`,
      ],
    };
  },
};

/** A `curl` that reads the output of a job again and again, and how fast, in MiB/s. */
function readAgain(
  { addr, admin }: Worker,
  id: string,
): { readonly rates: number[] } & AsyncDisposable {
  const url = `https://${addr}${JOBS}/${id}/output`;
  const [program, ...args] = curlWords(admin);
  const curl = new Deno.Command(program!, {
    args: [
      ...args,
      // Its standard output is told in blocks only.
      ...[
        "--write-out",
        "%{stderr}%{speed_download}\\n",
        "-H",
        `accept: ${RAW}`,
      ],
      ...Array.from({ length: 1_000 }, () => [url, "-o", "/dev/null"]).flat(),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let told = "";
  const reading = (async () => {
    for await (const text of curl.stderr.pipeThrough(new TextDecoderStream())) {
      told += text;
    }
  })();
  return {
    // The last line may not be whole yet.
    get rates() {
      return told.split("\n").slice(0, -1).map(toMebibytes);
    },
    async [Symbol.asyncDispose]() {
      curl.kill("SIGKILL");
      await curl.status;
      await reading;
    },
  };
}

function toMebibytes(bytesPerSecond: string): number {
  return Number(bytesPerSecond) / 2 ** 20;
}

async function callAgain(api: Api, id: string): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const started = performance.now();
    await api.json(`${JOBS}/${id}`);
    times.push(performance.now() - started);
  }
  return times;
}

/** Follows a job until it is told to give up, and counts. */
function follow(
  api: Api,
  id: string,
  { signal }: AbortController,
): { readonly bytes: number } {
  const seen = { bytes: 0 };
  const reading = async () => {
    const path = `${JOBS}/${id}/output?follow=true`;
    const response = await api.call(path, { signal, accept: RAW });
    for await (const piece of response.body!) seen.bytes += piece.length;
  };
  // What goes wrong shows in the bytes that do not come.
  reading().catch(() => {});
  return seen;
}
