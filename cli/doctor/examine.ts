import { TlsTransport } from "../../lib/client/tls_transport.ts";
import { profilePath } from "../../lib/config/profile.ts";
import type { ParsedArguments } from "../command.ts";
import { examineFiles } from "./examine_files.ts";
import { examinePeer } from "./examine_peer.ts";
import { examineServer } from "./examine_server.ts";
import { type Finding, finding } from "./finding.ts";
import { describeError } from "../report_error.ts";
import {
  findSettings,
  isUnix,
  resolveSettings,
  SETTING_NAMES,
} from "../settings.ts";

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
    const text = sources.join(", ") || "the socket of this host";
    yield finding("ok", { check: "settings", found: text });
  } catch (error) {
    yield finding("fail", {
      check: "settings",
      found: describeError(error),
      advice: `flags, WORKER_ADDR …, or the profile "${profilePath()}"`,
    });
    return;
  }
  if (isUnix(profile.addr)) return yield* examineSocket(profile.addr);
  const files = await examineFiles(profile);
  yield* files.findings;
  yield* examineName(profile.addr);
  if (files.texts === null) return;
  yield* examineConnection(profile.addr, files.texts);
}

async function* examineSocket(address: string): AsyncGenerator<Finding> {
  const { UnixTransport } = await import("../../lib/client/unix_transport.ts");
  try {
    using transport = await UnixTransport.open(address, {
      answerWithin: 10_000,
    });
    yield* examineServer(transport);
  } catch (error) {
    yield finding("fail", { check: "socket", found: describeError(error) });
  }
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

async function* examineConnection(
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
  const peer = await examinePeer(address, texts.cacert);
  if (peer !== null) yield peer;
  yield* examineServer(transport);
}
