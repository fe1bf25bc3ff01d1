import { WorkerError } from "../../lib/api/errors.ts";
import type { ServiceStatus } from "../../lib/api/service_status.ts";
import { answerText, parseAnswer } from "../../lib/client/answer.ts";
import type { Transport } from "../../lib/client/transport.ts";
import { VERSION } from "../../lib/version.ts";
import { checkAccess } from "../check_access.ts";
import { examineServices } from "./examine_services.ts";
import { type Finding, finding } from "./finding.ts";
import { describeError } from "../report_error.ts";

/** Clocks further apart than this make certificates and times puzzling. */
const MAX_SKEW_MS = 30_000;

/** What `/readyz` answers: a problem document has a `detail`. */
interface Readiness {
  detail?: string;
  /** Older servers do not tell. */
  services?: ServiceStatus[];
}

/** Asks a server whether it is ready, how its services are, and whether it lets this client in. */
export async function* examineServer(
  transport: Transport,
): AsyncGenerator<Finding> {
  const { address } = transport;
  let readiness: Readiness;
  try {
    const before = Date.now();
    const response = await transport.fetch("/readyz");
    const after = Date.now();
    readiness = parseAnswer(await answerText(response, address), address);
    yield finding("ok", {
      check: "connection",
      found: `"${address}" answers in ${after - before} ms`,
    });
    yield examineHealth(response, readiness);
    yield* examineServices(readiness.services ?? []);
    yield* examineClock(response, (before + after) / 2);
  } catch (error) {
    yield finding("fail", { check: "connection", found: describeError(error) });
    return;
  }
  yield* examineAccess(transport);
}

function examineHealth({ ok }: Response, { detail }: Readiness): Finding {
  if (ok) return finding("ok", { check: "server", found: "ready" });
  return finding("warn", {
    check: "server",
    found: `not ready: ${detail}`,
    advice: "see the server's log",
  });
}

function* examineClock(response: Response, here: number): Generator<Finding> {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return;
  // The header has whole seconds.
  const skew = Math.max(0, Math.abs(date + 500 - here) - 500);
  const found = skew < 1_000
    ? "agrees with the server's"
    : `${Math.round(skew / 1000)} s apart from the server's`;
  yield finding(skew > MAX_SKEW_MS ? "warn" : "ok", {
    check: "clock",
    found,
    advice: skew > MAX_SKEW_MS ? "set the clocks by NTP" : null,
  });
}

async function* examineAccess(transport: Transport): AsyncGenerator<Finding> {
  try {
    const { runsJobs, headers } = await checkAccess(transport);
    yield finding("ok", {
      check: "access",
      found: runsJobs
        ? "the server knows you"
        : "the server knows you; it runs no jobs itself",
      advice: runsJobs ? null : "name one of its nodes, --node NAME",
    });
    yield* examineVersion(headers);
  } catch (error) {
    const refused = error instanceof WorkerError &&
      error.code === "UNAUTHENTICATED";
    yield finding("fail", {
      check: "access",
      found: describeError(error),
      advice: refused ? "ask for a new certificate" : null,
    });
  }
}

/** Only who is let in learns what the server runs. */
function* examineVersion(headers: Headers): Generator<Finding> {
  const version = /^worker\/(.*)$/.exec(headers.get("server") ?? "")?.[1];
  if (version === undefined) return;
  yield version === VERSION
    ? finding("ok", { check: "version", found: `${version}, as the server's` })
    : finding("warn", {
      check: "version",
      found: `${VERSION}, and the server runs ${version}`,
      advice: "install the same version on both",
    });
}
