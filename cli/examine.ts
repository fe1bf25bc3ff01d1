import { WorkerError } from "../lib/api/errors.ts";
import { refusal } from "../lib/client/answer.ts";
import { TlsTransport } from "../lib/client/tls_transport.ts";
import { JobClient } from "../lib/client/job_client.ts";
import { profilePath } from "../lib/config/profile.ts";
import type { ParsedArguments } from "./command.ts";
import { examineFiles } from "./examine_files.ts";
import { type Finding, finding } from "./finding.ts";
import { describeError } from "./report_error.ts";
import { findSettings, resolveSettings, SETTING_NAMES } from "./settings.ts";

/** Clocks further apart than this make certificates and times puzzling. */
const MAX_SKEW_MS = 30_000;

/** Checks what a client needs, in the order in which it needs it; stops where nothing can follow. */
export async function* examine(
  typed: ParsedArguments,
): AsyncGenerator<Finding> {
  let profile;
  try {
    const found = await findSettings(typed);
    const sources = SETTING_NAMES.filter((name) => found[name]).map((name) =>
      `${name} from ${found[name]!.from}`
    );
    profile = await resolveSettings(typed);
    const text = sources.join(", ");
    yield finding("ok", { check: "settings", found: text });
  } catch (error) {
    yield finding("fail", {
      check: "settings",
      found: describeError(error),
      advice: `flags, WORKER_ADDR …, or the profile "${profilePath()}"`,
    });
    return;
  }
  const files = await examineFiles(profile);
  yield* files.findings;
  yield* examineName(profile.addr);
  if (files.texts === null) return;
  yield* examineServer(profile.addr, files.texts);
}

async function* examineName(address: string): AsyncGenerator<Finding> {
  const host = address.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (/^[\d.]+$|:/.test(host)) return;
  const addresses = (await Promise.all(
    (["A", "AAAA"] as const).map((type) =>
      Deno.resolveDns(host, type).catch(() => [])
    ),
  )).flat();
  // The resolver here asks DNS only; /etc/hosts may know the name all the same.
  yield addresses.length > 0
    ? finding("ok", {
      check: "name",
      found: `"${host}" is ${addresses.join(", ")}`,
    })
    : finding("ok", {
      check: "name",
      found: `"${host}" is not in DNS; /etc/hosts may have it`,
    });
}

async function* examineServer(
  address: string,
  texts: { cacert: string; cert: string; key: string },
): AsyncGenerator<Finding> {
  let transport: TlsTransport;
  try {
    transport = new TlsTransport({ address, ...texts, answerWithin: 10_000 });
  } catch (error) {
    yield finding("fail", { check: "key", found: describeError(error) });
    return;
  }
  using _ = transport;
  try {
    const before = Date.now();
    const response = await transport.fetch("/readyz");
    const after = Date.now();
    const why = response.ok ? null : await refusal(response, address);
    if (response.ok) await response.body?.cancel();
    yield finding("ok", {
      check: "connection",
      found: `"${address}" answers over TLS in ${after - before} ms`,
    });
    yield examineHealth(response, why);
    yield* examineClock(response, (before + after) / 2);
  } catch (error) {
    yield finding("fail", { check: "connection", found: describeError(error) });
    return;
  }
  yield await examineAccess(new JobClient(transport));
}

function examineHealth(response: Response, why: Error | null): Finding {
  const server = response.headers.get("server");
  const version = server === null ? "" : ` (${server})`;
  if (why === null) {
    return finding("ok", { check: "server", found: `ready${version}` });
  }
  return finding("warn", {
    check: "server",
    found: `not ready: ${why.message}${version}`,
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

async function examineAccess(client: JobClient): Promise<Finding> {
  try {
    await client.list({ limit: 1 });
    return finding("ok", { check: "access", found: "the server knows you" });
  } catch (error) {
    const refused = error instanceof WorkerError &&
      error.code === "UNAUTHENTICATED";
    return finding("fail", {
      check: "access",
      found: describeError(error),
      advice: refused ? "ask for a new certificate" : null,
    });
  }
}
