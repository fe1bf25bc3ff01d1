/**
 * What hostile peers do, each as a function of a {@linkcode Target}, bounded in count and time.
 * The server must serve `/healthz` and the {@linkcode BusyPaths} of the target.
 */
import type { Target } from "../wire.ts";
import * as flood from "./flood.ts";
import * as garbage from "./garbage.ts";
import * as goaway from "./goaway.ts";
import * as handshake from "./handshake.ts";
import * as stall from "./stall.ts";

/** An attack; rejects when the server did what it must not. */
export type Attack = (target: Target) => Promise<void>;

/** All of them by name. */
export const ATTACKS: Record<string, Attack> = {
  "garbage before TLS": garbage.beforeTls,
  "garbage after TLS": garbage.afterTls,
  "abrupt ends": garbage.abruptEnds,
  "malformed frames": garbage.malformedFrames,
  "huge headers": garbage.hugeHeaders,
  "PING flood": flood.pings,
  "SETTINGS flood": flood.settings,
  "CONTINUATION flood": flood.continuations,
  "empty CONTINUATION flood": flood.emptyContinuations,
  "rapid resets": flood.rapidResets,
  "unread answers": flood.unreadAnswers,
  "HPACK bomb": flood.hpackBomb,
  "malformed requests": flood.malformedRequests,
  "empty DATA flood": flood.emptyData,
  "GOAWAY at every moment": goaway.atEveryMoment,
  "polite clients": goaway.politeClients,
  "resets in every state": goaway.resets,
  "half-open handshakes": stall.halfOpenHandshakes,
  "slow headers": stall.slowHeaders,
  "never-reading clients": stall.neverReading,
  "resumed sessions with a foreign certificate":
    handshake.resumedForeignCertificate,
  "TLS 1.2": handshake.oldTls,
};
