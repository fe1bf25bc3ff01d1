import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  readAll,
  readText,
  temporarySupervisor,
  until,
} from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";
const text = new TextDecoder();

Deno.test("output() follows from any offset and resumes exactly", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    {
      command: "sh",
      args: [
        "-c",
        "for i in 1 2 3 4 5 6 7 8; do printf 0123456789; sleep 0.02; done",
      ],
    },
    { owner },
  );
  const whole = "0123456789".repeat(8);
  for (const from of [0, 3, 10, 79, 80]) {
    equal(
      text.decode((await readAll(given.jobs, id, from)).stdout),
      whole.slice(from),
    );
  }
});

Deno.test("output() with tail begins at the last lines", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "seq 1 100; printf end"] },
    { owner },
  );
  await given.jobs.get(id, { wait: true });
  const all = Array.from({ length: 100 }, (_, i) => `${i + 1}\n`).join("") +
    "end";
  const cases = [[0, ""], [1, "end"], [3, "99\n100\nend"], [101, all], [
    999,
    all,
  ]] as const;
  for (const [tail, expected] of cases) {
    equal(
      await readText(given.jobs, id, { tail }),
      expected,
      `the last ${tail} lines`,
    );
  }
});

Deno.test("many followers see the same bytes while one never reads", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    {
      command: "sh",
      args: [
        "-c",
        "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done",
      ],
    },
    { owner },
  );
  await using _idle = await given.jobs.output(id, { follow: true });
  const all = await Promise.all(
    Array.from({ length: 20 }, () => readAll(given.jobs, id)),
  );
  const expected = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join(
    "",
  );
  for (const { stdout } of all) equal(text.decode(stdout), expected);
});

Deno.test("input() gives the job every byte and closes at the end", async () => {
  await using given = await temporarySupervisor();
  const data = crypto.getRandomValues(new Uint8Array(60_000));
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  await given.jobs.input(
    id,
    (async function* () {
      for (let at = 0; at < data.length; at += 7_777) {
        yield data.subarray(at, at + 7_777);
      }
    })(),
  );
  deepEqual((await readAll(given.jobs, id)).stdout, data);
});

Deno.test("input() leaves stdin open when the data is cut", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  const cut = async function* () {
    yield new TextEncoder().encode("half");
    throw new Error("connection lost");
  };
  await rejects(given.jobs.input(id, cut()), /connection lost/);
  await until(async () => (await given.jobs.get(id)).output.end === 4);
  equal((await given.jobs.get(id)).state, "running");
  await given.jobs.input(
    id,
    (async function* () {
      yield new TextEncoder().encode("whole");
    })(),
  );
  equal(text.decode((await readAll(given.jobs, id)).stdout), "halfwhole");
});

Deno.test("input() is a conflict where there is no stdin to write to", async () => {
  await using given = await temporarySupervisor();
  const nothing = async function* () {};
  const without = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  await rejects(
    given.jobs.input(without.id, nothing()),
    refused("CONFLICT", /without "stdin"/),
  );
  const ended = await given.jobs.start({ command: "true", stdin: true }, {
    owner,
  });
  await given.jobs.get(ended.id, { wait: true });
  await rejects(
    given.jobs.input(ended.id, nothing()),
    refused("CONFLICT", /has ended/),
  );
  const closes = await given.jobs.start(
    { command: "sh", args: ["-c", "exec <&-; sleep 1000"], stdin: true },
    { owner },
  );
  const endless = async function* () {
    while (true) yield new Uint8Array(65_536);
  };
  await rejects(
    given.jobs.input(closes.id, endless()),
    refused("CONFLICT", /has closed it/),
  );
});
