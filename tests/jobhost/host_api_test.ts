import { deepEqual, throws } from "node:assert/strict";
import { settingsOfWire, settingsToWire } from "../../lib/jobhost/host_api.ts";

Deno.test("settingsOfWire() reads what settingsToWire() writes, infinity too", () => {
  const settings = {
    outputCap: 2 ** 28,
    maxAge: 0,
    maxJobs: Infinity,
    outputTotal: 1e12,
    reserve: null,
    shutdownGrace: 10_000,
    node: "web-1",
  };
  const wire = JSON.parse(JSON.stringify(settingsToWire(settings)));
  deepEqual(settingsOfWire(wire), settings);
});

Deno.test("settingsOfWire() leaves out what is not there, and what another version adds", () => {
  deepEqual(settingsOfWire({ maxJobs: 3, colour: "red" }), { maxJobs: 3 });
  deepEqual(settingsOfWire({}), {});
  deepEqual(settingsOfWire(null), {});
});

Deno.test("settingsOfWire() refuses what is no name of a node", () => {
  for (const node of ["", 1, null, {}]) {
    throws(() => settingsOfWire({ node }), {
      code: "INVALID_ARGUMENT",
      message: /cannot attach with node /,
    });
  }
});

Deno.test("settingsOfWire() refuses what is no size, count or time", () => {
  for (const maxJobs of [-1, "8", true, {}, null]) {
    throws(() => settingsOfWire({ maxJobs }), {
      code: "INVALID_ARGUMENT",
      message: /cannot attach with maxJobs /,
    });
  }
});
