import { deepEqual, equal, match } from "node:assert/strict";
import { examinePeer } from "../../../cli/doctor/examine_peer.ts";
import { examineServer } from "../../../cli/doctor/examine_server.ts";
import { examineServices } from "../../../cli/doctor/examine_services.ts";
import type { Finding } from "../../../cli/doctor/finding.ts";
import type { ServiceStatus } from "../../../lib/api/service_status.ts";
import { TlsTransport } from "../../../lib/client/tls_transport.ts";
import { serveApi, type ServedApi } from "../../helpers/api.ts";

const SINCE = "2026-11-21T09:00:00.000Z";

function service(
  name: string,
  more: Partial<ServiceStatus> = {},
): ServiceStatus {
  return {
    name,
    critical: false,
    state: "running",
    since: SINCE,
    restarts: 0,
    error: null,
    ...more,
  };
}

function addressOf(api: ServedApi): string {
  return api.origin.replace("https://", "");
}

async function examine(api: ServedApi): Promise<Finding[]> {
  const { ca: cacert, clients } = api.certificates;
  const address = addressOf(api);
  using transport = new TlsTransport({ address, cacert, ...clients.alice });
  return await Array.fromAsync(examineServer(transport));
}

const levels = (findings: Finding[]) =>
  findings.map(({ check, level }) => [check, level]);

Deno.test("examineServices() names what is well in one line, and each that is not with its error", () => {
  const findings = [...examineServices([
    service("listener"),
    service("identity", { state: "done" }),
    service("tunnel", {
      state: "restarting",
      restarts: 3,
      error: "connection refused",
    }),
    service("audit", { state: "failed", error: "no such folder" }),
  ])];
  deepEqual(findings.map(({ level, found }) => [level, found]), [
    ["ok", "listener, identity (done)"],
    [
      "warn",
      `tunnel: restarting since ${SINCE}, 3 restarts, last error: connection refused`,
    ],
    ["fail", `audit: failed since ${SINCE}, last error: no such folder`],
  ]);
  deepEqual([...examineServices([])], []);
});

Deno.test("examineServer() shows the services of a server that is ready, then its clock, the access and the version", async () => {
  await using api = await serveApi();
  api.services = [service("listener"), service("tunnel", { restarts: 1 })];
  const findings = await examine(api);
  deepEqual(levels(findings), [
    ["connection", "ok"],
    ["server", "ok"],
    ["services", "ok"],
    ["services", "warn"],
    ["clock", "ok"],
    ["access", "ok"],
    ["version", "ok"],
  ]);
});

Deno.test("examineServer() shows the services of a server that is not ready, with what failed", async () => {
  await using api = await serveApi();
  api.unready = "there is no job host yet";
  api.services = [service("audit", { state: "failed", error: "disk full" })];
  const findings = await examine(api);
  equal(findings[1]!.level, "warn");
  equal(findings[1]!.found, "not ready: there is no job host yet");
  match(findings[2]!.found, /^audit: failed .*last error: disk full$/);
});

Deno.test("examinePeer() says how long the server's certificate is good, and nothing when nobody answers", async () => {
  let address: string;
  {
    await using api = await serveApi();
    address = addressOf(api);
    const finding = await examinePeer(address, api.certificates.ca);
    equal(finding!.check, "server certificate");
    match(finding!.found, /, \d+ days left$/);
  }
  equal(await examinePeer(address, ""), null);
});
