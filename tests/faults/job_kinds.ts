import type { JobRequest } from "../../lib/api/job.ts";
import type { Random } from "./random.ts";

/** How a job must end, unless nobody saw its end. */
export type ExpectedEnd =
  | { by: "exit"; code: number }
  | { by: "signal"; signal: string }
  | { by: "stop" }
  | { by: "timeout" };

/** A job of the workload and what is known of it before it runs. */
export interface PlannedJob {
  kind: string;
  /** In its label and in the names of its files. */
  key: string;
  /** Its shell script. It runs in the folder of the workload's files, with `$KEY`. */
  script: string;
  timeout?: string;
  /** Added to its environment. */
  env?: Record<string, string>;
  /** What it is sent on standard input, before any fault. */
  input?: Uint8Array<ArrayBuffer>;
  /** Lines of each stream; of one that ends when it is told to, more than it will ever print. */
  stdout: string;
  stderr: string;
  /** How many lines it has printed is in its file `$KEY.end`, or, when it is killed, unknown. */
  ends: "by itself" | "when told" | "when killed";
  end: ExpectedEnd;
}

/** The last thing a script does: the time of this file is evidence of when it ended. */
const END = '>"$KEY.end"; exit';

/** Lines of a job that goes on until it is told to end. */
const MANY = 5_000;

const numbers = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i + 1}\n`).join("");

/** `count` times a line on standard output, at a pace. */
const ticks = (count: number, seconds: string) =>
  `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo tick $i; sleep ${seconds}; done`;

const PACES = ["0.2", "0.3", "0.5"] as const;

type Kind = (
  random: Random,
  key: string,
) => Omit<PlannedJob, "kind" | "key">;

/** Ends by itself, after `ticks` of a random length. */
function ticking(
  random: Random,
  { before = "", stdout = "" } = {},
): ReturnType<Kind> {
  const count = random.int(5, 100);
  const code = random.int(0, 99);
  return {
    script: `${before}${ticks(count, random.pick(PACES))}; ${END} ${code}`,
    stdout: stdout + numbers("tick ", count),
    stderr: "",
    ends: "by itself",
    end: { by: "exit", code },
  };
}

/** Ignores what asks it to end, in a session of its own, with a child of the same kind. */
const STUBBORN = `setsid sh -c 'trap "" TERM HUP INT; ` +
  `setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" & ` +
  `while :; do sleep 1; done' >/dev/null 2>&1 & `;

const KINDS: Record<string, Kind> = {
  /** All its output at once. */
  burst: (random) => {
    const count = random.int(1, 200_000);
    const code = random.int(0, 99);
    return {
      script: `seq 1 ${count}; ${END} ${code}`,
      stdout: numbers("", count),
      stderr: "",
      ends: "by itself",
      end: { by: "exit", code },
    };
  },
  /** Blocks of output, some 50 KB a second. */
  steady: (random) => {
    const count = random.int(5, 150);
    return {
      script:
        `for i in $(seq 1 ${count}); do seq 1 2000; sleep 0.2; done; ${END} 0`,
      stdout: numbers("", 2000).repeat(count),
      stderr: "",
      ends: "by itself",
      end: { by: "exit", code: 0 },
    };
  },
  ticker: (random) => ticking(random),
  /** Whose record is longer than a page. */
  long: (random) => ({
    ...ticking(random),
    env: { LONG: "x".repeat(random.int(2_000, 9_000)) },
  }),
  /** Both streams, in turns. */
  streams: (random) => {
    const count = random.int(5, 80);
    const code = random.int(0, 99);
    return {
      script: `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); ` +
        `echo out $i; echo err $i >&2; sleep 0.3; done; ${END} ${code}`,
      stdout: numbers("out ", count),
      stderr: numbers("err ", count),
      ends: "by itself",
      end: { by: "exit", code },
    };
  },
  /** What it gets on standard input, then ticks. */
  input: (random) => {
    const text = numbers("input ", random.int(1, 3_000));
    return {
      ...ticking(random, { before: "cat; ", stdout: text }),
      input: new TextEncoder().encode(text),
    };
  },
  /** A child in the background that nobody ends but the server. */
  background: (random) =>
    ticking(random, { before: "sleep 1000 >/dev/null 2>&1 & " }),
  /** A tree that ignores signals and has left the session. */
  tree: (random) => ticking(random, { before: STUBBORN }),
  /** A child that holds the output and prints after the main process has ended. */
  late: (random) => {
    const code = random.int(0, 99);
    const count = random.int(1, 40);
    return {
      script: `${ticks(count, "0.3")}; (sleep 0.5; echo late) & ${END} ${code}`,
      stdout: numbers("tick ", count) + "late\n",
      stderr: "",
      ends: "by itself",
      end: { by: "exit", code },
    };
  },
  /** Ended by a signal of its own. */
  signal: (random) => {
    const signal = random.pick(["KILL", "SEGV", "TERM", "USR1"]);
    const count = random.int(1, 60);
    return {
      script: `${ticks(count, "0.3")}; >"$KEY.end"; kill -${signal} $$`,
      stdout: numbers("tick ", count),
      stderr: "",
      ends: "by itself",
      end: { by: "signal", signal: `SIG${signal}` },
    };
  },
  /** Runs through all faults. */
  lasting: (random) => {
    const code = random.int(0, 99);
    return {
      script: `i=0; until [ -e go ]; do i=$((i+1)); echo tick $i; ` +
        `sleep ${random.pick(PACES)}; done; echo $i ${END} ${code}`,
      stdout: numbers("tick ", MANY),
      stderr: "",
      ends: "when told",
      end: { by: "exit", code },
    };
  },
  /** Stopped through the API, whatever it thinks of that. */
  stopped: (random) => ({
    script: random.pick(["", 'trap "" TERM; ']) + random.pick(["", STUBBORN]) +
      ticks(MANY, "0.3"),
    stdout: numbers("tick ", MANY),
    stderr: "",
    ends: "when killed",
    end: { by: "stop" },
  }),
  timeout: (random) => ({
    script: ticks(MANY, "0.3"),
    timeout: `${random.int(2, 40)}s`,
    stdout: numbers("tick ", MANY),
    stderr: "",
    ends: "when killed",
    end: { by: "timeout" },
  }),
};

/** Every kind, again and again, in an order and with parameters that are random. */
export function planJobs(random: Random, count: number): PlannedJob[] {
  const kinds = Object.keys(KINDS);
  const jobs = Array.from({ length: count }, (_, i) => {
    const kind = kinds[i % kinds.length]!;
    const key = `${kind}-${i}`;
    return { kind, key, ...KINDS[kind]!(random.fork(), key) };
  });
  return random.shuffle(jobs);
}

/** What a planned job is as a request. */
export function requestOf(job: PlannedJob, files: string): JobRequest {
  return {
    command: "sh",
    args: ["-c", job.script],
    cwd: files,
    env: { ...job.env, KEY: job.key },
    labels: { key: job.key },
    stdin: job.input !== undefined,
    ...job.timeout && { timeout: job.timeout },
  };
}
