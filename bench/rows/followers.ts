import http2 from "node:http2";
import { delay } from "../../tests/helpers/delay.ts";
import { waitFor } from "../../tests/helpers/wait_for.ts";
import { Api } from "../api.ts";
import { residentBytes } from "../memory.ts";
import type { Worker } from "../../tests/helpers/worker.ts";
import { deferClose } from "../../lib/http/listener/defer_close.ts";
import type { Row } from "../row.ts";
import { figure, median, quantile } from "../stats.ts";

const CONNECTIONS = 5;
const FOLLOWERS = 500;
const LINES = 100;
const WARM_UP_LINES = 10;
const TARGET_P99_MS = 50;
const TARGET_BYTES = 64 * 1024;

/** Many people who watch one job. */
export const followers: Row = {
  name: "followers",
  what:
    "500 followers of one job over 5 connections, one line a time, default sysctls",
  target: "p99 ≤ 50 ms, ≤ 64 KiB of memory a follower",
  async measure({ worker }) {
    await using stack = new AsyncDisposableStack();
    const api = stack.use(new Api(worker));
    const sessions = Array.from(
      { length: CONNECTIONS },
      () => stack.use(connect(worker)),
    );
    const go = `${worker.folder}/go`;
    // The clock is read by the job just before it prints; the sleep lets a line reach everybody.
    const { id } = await api.json<{ id: string }>("/v1/jobs", {
      command: "sh",
      args: [
        "-c",
        `echo ready; until [ -e ${go} ]; do sleep 0.05; done
         n=0; while [ $n -lt ${LINES} ]; do date +%s.%N; sleep 0.2; n=$((n+1)); done`,
      ],
    });
    // One follower to warm the path up, so that its growth is not counted for the others.
    await using first = follow(sessions[0]!, id, []);
    await waitFor("the first follower", () => first.ready);
    await delay(2_000);
    const base = residentBytes(worker.pid);

    const latencies: number[] = [];
    const all = Array.from(
      { length: FOLLOWERS },
      (_, n) => stack.use(follow(sessions[n % CONNECTIONS]!, id, latencies)),
    );
    await waitFor("every follower", () => all.every(({ ready }) => ready));
    await Deno.writeTextFile(go, "");
    await Promise.all(all.map(({ ended }) => ended));
    const perFollower = (residentBytes(worker.pid) - base) / FOLLOWERS;
    const p99 = quantile(latencies, 0.99);
    return {
      measured: `p99 ${figure(p99)} ms, ${
        figure(perFollower / 1024)
      } KiB a follower`,
      met: p99 <= TARGET_P99_MS && perFollower <= TARGET_BYTES,
      details: [
        `${LINES} lines, five a second; ${latencies.length} arrivals of ${
          FOLLOWERS * (LINES - WARM_UP_LINES)
        } expected`,
        `p50 ${figure(median(latencies))} ms, p99 ${figure(p99)} ms, max ${
          figure(quantile(latencies, 1))
        } ms, from the job's own clock to the client's, which shares the cores`,
      ],
    };
  },
};

interface Follower extends AsyncDisposable {
  readonly ready: boolean;
  readonly ended: Promise<void>;
}

/**
 * Connections of `node:http2`: an arrival costs this client a third of what it costs `fetch`, and
 * what the client costs is in the figure.
 */
function connect(
  { addr, admin }: Worker,
): http2.ClientHttp2Session & Disposable {
  const session = http2.connect(`https://${addr}`, {
    ca: Deno.readTextFileSync(admin.cacert),
    cert: Deno.readTextFileSync(admin.cert),
    key: Deno.readTextFileSync(admin.key),
  });
  deferClose(session);
  return Object.assign(session, { [Symbol.dispose]: () => session.close() });
}

function follow(
  session: http2.ClientHttp2Session,
  id: string,
  latencies: number[],
): Follower {
  const stream = session.request({
    ":path": `/v1/jobs/${id}/output?follow=true`,
    accept: "application/octet-stream",
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let ready = false;
  let lines = 0;
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const now = Date.now();
    ready = true;
    for (const line of text.split("\n")) {
      if (!/^\d+\.\d+$/.test(line) || ++lines <= WARM_UP_LINES) continue;
      latencies.push(Math.max(0, now - Number(line) * 1000));
    }
  });
  stream.on("error", reject);
  stream.on("close", resolve);
  return {
    get ready() {
      return ready;
    },
    ended,
    async [Symbol.asyncDispose]() {
      stream.close();
      await ended;
    },
  };
}
