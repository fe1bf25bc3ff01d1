import type {
  AuthorityStatus,
  RotationPhase,
  RotationStatus,
} from "../../lib/api/rotation.ts";
import { call, post } from "../../lib/client/call.ts";
import { connectToServer } from "../connect.ts";
import { visible } from "../render/visible.ts";
import { printLines } from "./print.ts";

export interface RotateFlags {
  force?: true;
  json?: true;
  addr?: string;
  cacert?: string;
  cert?: string;
  key?: string;
}

/** What can be done, and the phase that it leads to. */
export const ROTATE_STEPS = {
  status: null,
  begin: "announced",
  issue: "issuing",
  end: "none",
} as const satisfies Record<string, RotationPhase | null>;

export type RotateStep = keyof typeof ROTATE_STEPS;

const PATH = "/v1/ca/rotation";

/** `worker certs rotate`: how far the replacement of the authority is, or the next step of it. */
export async function rotate(
  step: RotateStep,
  { force = undefined, json, ...flags }: RotateFlags,
): Promise<void> {
  const values = new Map(
    Object.entries(flags).map(([name, value]) => [name, [String(value)]]),
  );
  using connection = await connectToServer({ values, operands: [] });
  const phase = ROTATE_STEPS[step];
  const { value, text } = await call<RotationStatus>(
    connection.transport,
    PATH,
    phase === null ? {} : post({ phase, force: force ?? false }),
  );
  await printLines(json ? [text.trimEnd()] : renderRotation(value));
}

/** For people: the phase, the authorities, who has not moved, and what comes next. */
export function renderRotation(status: RotationStatus): string[] {
  const { phase, issuer, next, old, notMoved } = status;
  return [
    `phase      ${phase}`,
    `issues     ${describe(issuer)}`,
    ...next ? [`next       ${describe(next)}`] : [],
    ...old ? [`replaced   ${describe(old)}`] : [],
    ...notMoved.map(({ kind, name, why, renewedAt }) =>
      `not moved  ${kind} ${visible(name)}: ${
        why === "trust"
          ? "does not trust the next authority yet"
          : "has a certificate of the one that is replaced"
      }, renewed at ${renewedAt}`
    ),
    adviceOf(status),
  ];
}

function describe({ pin, notAfter }: AuthorityStatus): string {
  return `${pin} until ${notAfter}`;
}

function adviceOf({ phase, notMoved }: RotationStatus): string {
  const wait = notMoved.length === 0
    ? "all members have moved"
    : `wait for ${notMoved.length} ${
      notMoved.length === 1 ? "member" : "members"
    }`;
  switch (phase) {
    case "none":
      return "to replace the authority: worker certs rotate begin";
    case "announced":
      return `${wait}; then: worker certs rotate issue`;
    case "issuing":
      return `${wait}; give users new certificates; then: worker certs rotate end`;
  }
}
