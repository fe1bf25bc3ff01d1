import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { fanOut, type FanOutOptions } from "../../../cli/fan_out/fan_out.ts";
import {
  type NodeResult,
  stoppedResult,
  worstExitCode,
} from "../../../cli/fan_out/node_result.ts";
import {
  describeTime,
  renderResults,
} from "../../../cli/fan_out/render_results.ts";

function result(node: string, exitCode: number | null): NodeResult {
  return { node, exitCode, ms: 1, note: null };
}

function options(run: FanOutOptions["run"]): FanOutOptions {
  return {
    run,
    parallel: 2,
    failFast: false,
    maxFailures: null,
    halt: new AbortController().signal,
    isFatal: () => false,
  };
}

const NODES = Array.from({ length: 50 }, (_, n) => `n${n}`);

Deno.test("fanOut() runs no more at once than it may, and gives results in order", async () => {
  let running = 0, most = 0;
  const results = await fanOut(NODES, {
    ...options(async (node) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < Number(node.slice(1)) % 4; turn++) {
        await Promise.resolve();
      }
      running--;
      return result(node, 0);
    }),
    parallel: 7,
  });
  equal(most, 7);
  deepEqual(results.map(({ node }) => node), NODES);
});

Deno.test("fanOut() begins with nothing when a failure is known before and the first one ends it", async () => {
  const begun: string[] = [];
  const results = await fanOut(["a", "b"], {
    ...options((node) => {
      begun.push(node);
      return Promise.resolve(result(node, 0));
    }),
    failFast: true,
    failures: 1,
  });
  deepEqual(begun, []);
  ok(results.every(({ exitCode }) => exitCode === null));
});

Deno.test("fanOut() begins with no further node when it is halted", async () => {
  const halt = new AbortController();
  const results = await fanOut(["a", "b", "c"], {
    ...options((node) => {
      halt.abort("SIGINT");
      return Promise.resolve(result(node, 0));
    }),
    parallel: 1,
    halt: halt.signal,
  });
  deepEqual(results.map(({ note }) => note), [
    null,
    "not begun: SIGINT",
    "not begun: SIGINT",
  ]);
});

Deno.test("fanOut() throws a fatal error when what ran has been told and has ended", async () => {
  const told: string[] = [];
  const fatal = new Error("nobody reads");
  await rejects(
    fanOut(["a", "b", "c"], {
      ...options(async (node, { stop }) => {
        if (node === "a") throw fatal;
        await new Promise<void>((resolve) =>
          stop.addEventListener("abort", () => resolve(), { once: true })
        );
        told.push(node);
        return result(node, 0);
      }),
      isFatal: (error) => error === fatal,
    }),
    fatal,
  );
  deepEqual(told, ["b"]);
});

Deno.test("worstExitCode() is the highest; what was not begun counts for nothing", () => {
  equal(worstExitCode([]), 0);
  equal(worstExitCode([result("a", null), result("b", 0)]), 0);
  equal(worstExitCode([result("a", 3), result("b", 255), result("c", 7)]), 255);
});

Deno.test("renderResults() sends nothing to the terminal but text", () => {
  const hostile = "\x1b[2J\u202e";
  const text = renderResults([
    { node: hostile, exitCode: 255, ms: null, note: hostile },
  ]);
  equal(text.includes("\x1b"), false);
  ok(text.endsWith("1 node: 0 well, 1 failed\n"));
});

Deno.test("describeTime() is short, whatever the time", () => {
  const times = [0, 9_994, 9_996, 59_940, 59_960, 3_599_600, 7_380_000];
  equal(
    times.map(describeTime).join(" "),
    "0.00s 9.99s 10.0s 59.9s 1m00s 1h00m 2h03m",
  );
});

Deno.test("worstExitCode() leaves out those that were stopped for another's failure", () => {
  const exit = {
    code: null,
    signal: "SIGTERM",
    reason: "stopped",
    detail: null,
  } as const;
  const results = [
    stoppedResult({ node: "a", ms: 1 }, {
      exit,
      why: "it failed on another node",
    }),
    result("b", 9),
  ];
  equal(worstExitCode(results), 9);
  equal(
    renderResults(results),
    `NODE  EXIT   TIME
a      143  0.00s  stopped: it failed on another node
b        9  0.00s
2 nodes: 0 well, 1 failed, 1 stopped
`,
  );
});
