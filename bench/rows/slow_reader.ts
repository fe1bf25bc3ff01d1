import { delay } from "../../tests/helpers/delay.ts";
import { Api } from "../api.ts";
import { highest, mebibytes, residentBytes } from "../memory.ts";
import type { Row } from "../row.ts";
import { figure } from "../stats.ts";

const READING_MS = 60_000;
const ALONE_MS = 15_000;
const RATE = "100k";
const TARGET_BYTES = 32 * 2 ** 20;
/** Below this part of its speed without a reader the job was slowed. */
const FULL_SPEED = 0.9;

interface JobView {
  id: string;
  bytes: { stdout: number };
}

/** A reader that is slower than the job by orders of magnitude. */
export const slowReader: Row = {
  name: "slow_reader",
  what: "a reader at 100 KB/s on a job that prints without end, 60 s",
  target: "daemon grows ≤ 32 MiB; the job runs at full speed",
  async measure({ worker }) {
    using api = new Api(worker);
    const before = await speedOf(api, delay(ALONE_MS));
    const base = residentBytes(worker.pid);
    let reader: Deno.ChildProcess | null = null;
    let top = base;
    const during = await speedOf(
      api,
      (async () => {
        await delay(READING_MS);
      })(),
      (id) => {
        const { cacert, cert, key } = worker.admin;
        reader = new Deno.Command("curl", {
          args: [
            ...["--silent", "--limit-rate", RATE],
            ...["--cacert", cacert, "--cert", cert, "--key", key],
            `https://${worker.addr}/v1/jobs/${id}/output?follow=true`,
          ],
          stdout: "null",
          stderr: "null",
        }).spawn();
        return highest(() => residentBytes(worker.pid), delay(READING_MS))
          .then((value) => top = value);
      },
    );
    stop(reader);
    const after = await speedOf(api, delay(ALONE_MS));
    const grown = top - base;
    const ratio = during / ((before + after) / 2);
    return {
      measured: `grows ${mebibytes(grown)}; the job at ${
        figure(ratio)
      } × its speed without a reader`,
      met: grown <= TARGET_BYTES && ratio >= FULL_SPEED,
      details: [
        `resident before: ${mebibytes(base)}, highest while read: ${
          mebibytes(top)
        }`,
        `\`yes\` with the reader: ${mebibytes(during)}/s`,
        `\`yes\` without one, before and after: ${mebibytes(before)}/s, ${
          mebibytes(after)
        }/s`,
      ],
    };
  },
};

/** Bytes a second that a fresh `yes` prints until `until`. */
async function speedOf(
  api: Api,
  until: Promise<void>,
  started?: (id: string) => Promise<unknown>,
): Promise<number> {
  const { id } = await api.json<JobView>("/v1/jobs", { command: "yes" });
  const at = performance.now();
  const watching = started?.(id);
  await until;
  await watching;
  const { bytes } = await api.json<JobView>(`/v1/jobs/${id}`);
  const seconds = (performance.now() - at) / 1000;
  await api.json(`/v1/jobs/${id}/stop`, { signal: "SIGKILL" });
  return bytes.stdout / seconds;
}

function stop(process: Deno.ChildProcess | null): void {
  try {
    process?.kill("SIGKILL");
  } catch {
    // It ended with its job.
  }
}
