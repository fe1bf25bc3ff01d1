import { equal, rejects } from "node:assert/strict";
import { checkAccess } from "../../cli/check_access.ts";
import { examineServer } from "../../cli/doctor/examine_server.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import type { Transport } from "../../lib/client/transport.ts";

/** A server that answers every call with a problem, but is ready. */
function refusing(error: WorkerError): Transport {
  const { status } = error;
  return {
    address: "a.example:7443",
    fetch: (path) =>
      Promise.resolve(
        path === "/readyz"
          ? Response.json({ status: "ok", services: [] })
          : Response.json(error.toProblem(), {
            status,
            headers: { server: "worker/1.2.3" },
          }),
      ),
    [Symbol.dispose]() {},
  };
}

const NO_JOBS = new WorkerError("UNSUPPORTED", "this server runs no jobs");

Deno.test("checkAccess() finds that a server which runs no jobs lets the client in", async () => {
  const { runsJobs, headers } = await checkAccess(refusing(NO_JOBS));
  equal(runsJobs, false);
  equal(headers.get("server"), "worker/1.2.3");
});

Deno.test("checkAccess() rejects with what a server says that lets nobody in", async () => {
  const revoked = new WorkerError("UNAUTHENTICATED", "it was revoked");
  await rejects(checkAccess(refusing(revoked)), {
    code: "UNAUTHENTICATED",
    message: "it was revoked",
  });
});

Deno.test("examineServer() is content with a server that runs no jobs, and says what to do", async () => {
  const findings = await Array.fromAsync(examineServer(refusing(NO_JOBS)));
  const access = findings.find(({ check }) => check === "access")!;
  equal(access.level, "ok");
  equal(access.found, "the server knows you; it runs no jobs itself");
  equal(access.advice, "name one of its nodes, --node NAME");
});
