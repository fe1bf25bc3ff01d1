import type { LimitsCost } from "../limits_cost_program.ts";
import type { Measured, Row } from "../row.ts";
import { figure, median, summary } from "../stats.ts";
import { findCgroups, runHere, runInLab } from "../vm.ts";

const PROGRAM = "limits_cost_program.ts";
const TARGET_MS = 3;

/** What a cgroup with every limit costs a job that is over at once. */
export const limitsCost: Row = {
  name: "limits_cost",
  what:
    "a job with all limits against one with none, start to end of `true`, cgroup v2",
  target: `≤ +${TARGET_MS} ms`,
  async measure() {
    const place = await findCgroups();
    if (place.kind === "none") {
      return { measured: "skipped", met: null, details: [place.reason] };
    }
    if (place.kind === "here") return judge(await measureHere([]), null);
    const inGuest = JSON.parse(await runInLab(place.path, PROGRAM));
    return judge(inGuest, await measureHere(["unlimited"]));
  },
};

async function measureHere(args: string[]): Promise<LimitsCost> {
  return JSON.parse(await runHere(PROGRAM, args));
}

/**
 * @param host What jobs without limits take on this host, where the others were measured in an
 *   emulated machine: the only measure of how much slower that one is.
 */
function judge(cost: LimitsCost, host: LimitsCost | null): Measured {
  const [none, all] = [median(cost.unlimited), median(cost.limited)];
  const more = all - none;
  const raw = [
    `without limits: ${summary(cost.unlimited, "ms")}`,
    `with memory, cpu, pids, io, output and timeout: ${
      summary(cost.limited, "ms")
    }`,
    `in turns, in a program on the library; ${figure(all / none)} × the time`,
  ];
  if (host === null) {
    return {
      measured: `+${figure(more)} ms`,
      met: more <= TARGET_MS,
      details: raw,
    };
  }
  const slower = none / median(host.unlimited);
  const scaled = more / slower;
  return {
    measured: `about +${figure(scaled)} ms: +${
      figure(more)
    } ms in an emulated machine that is ${figure(slower)} × slower`,
    met: scaled <= TARGET_MS,
    details: [
      ...raw,
      "that was in an emulated machine, because this host has no cgroup v2; the same without limits and cgroups " +
      `on this host: ${
        summary(host.unlimited, "ms")
      }, which is what the difference was scaled by`,
    ],
  };
}
