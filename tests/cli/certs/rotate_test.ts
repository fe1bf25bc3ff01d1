import { deepEqual } from "node:assert/strict";
import { renderRotation } from "../../../cli/certs/rotate.ts";
import type { RotationStatus } from "../../../lib/api/rotation.ts";

const NONE: RotationStatus = {
  phase: "none",
  issuer: { pin: "sha256:aa", notAfter: "2036-01-01T00:00:00.000Z" },
  next: null,
  old: null,
  notMoved: [],
};

Deno.test("renderRotation() says who issues, who has not moved, and what comes next", () => {
  deepEqual(renderRotation(NONE), [
    "phase      none",
    "issues     sha256:aa until 2036-01-01T00:00:00.000Z",
    "to replace the authority: worker certs rotate begin",
  ]);
  const next = { pin: "sha256:bb", notAfter: "2037-01-01T00:00:00.000Z" };
  const web = {
    kind: "node",
    name: "web\x1b-1",
    renewedAt: "2026-01-01T00:00:00.000Z",
    why: "trust",
  } as const;
  const announced = { ...NONE, phase: "announced", next } as const;
  deepEqual(renderRotation({ ...announced, notMoved: [web] }), [
    "phase      announced",
    "issues     sha256:aa until 2036-01-01T00:00:00.000Z",
    "next       sha256:bb until 2037-01-01T00:00:00.000Z",
    "not moved  node web\\e-1: does not trust the next authority yet, renewed at 2026-01-01T00:00:00.000Z",
    "wait for 1 member; then: worker certs rotate issue",
  ]);
  deepEqual(
    renderRotation(announced).at(-1),
    "all members have moved; then: worker certs rotate issue",
  );
  deepEqual(
    renderRotation({ ...NONE, phase: "issuing", old: next }).slice(2),
    [
      "replaced   sha256:bb until 2037-01-01T00:00:00.000Z",
      "all members have moved; give users new certificates; then: worker certs rotate end",
    ],
  );
});
