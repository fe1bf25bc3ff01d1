import {
  beginRotation,
  certificatePin,
  endRotation,
  issueByNext,
  readRotation,
  type Rotation,
} from "../../certs/mod.ts";
import type { TrustedAuthority } from "../../certs/authorities.ts";
import { WorkerError } from "../api/errors.ts";
import type {
  AuthorityStatus,
  RotationPhase,
  RotationRequest,
  RotationStatus,
} from "../api/rotation.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { Members } from "./members.ts";
import { membersNotMoved, refuseStranding } from "./rotation_progress.ts";
import { workerErrorOf } from "./worker_error_of.ts";

/** What an {@linkcode AuthorityRotation} works with. */
export interface AuthorityRotationOptions {
  /** Where the authority is. */
  stateDir: string;
  members: Members;
  /** Does what is to be done on this host after a step. */
  moved(): Promise<void>;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/** What leads from a phase to another one. */
const STEPS: Partial<
  Record<
    `${RotationPhase} ${RotationPhase}`,
    (stateDir: string, clock: Clock) => Promise<Rotation>
  >
> = {
  "none announced": (stateDir, clock) =>
    beginRotation(stateDir, { now: () => clock.now() }),
  "announced issuing": (stateDir) => issueByNext(stateDir),
  "announced none": (stateDir) => endRotation(stateDir),
  "issuing none": (stateDir) => endRotation(stateDir),
};

/** Replaces the authority of a cluster, a phase after the other, and says who has not moved yet. */
export class AuthorityRotation {
  readonly #options: AuthorityRotationOptions;
  readonly #clock: Clock;
  /** One step after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: AuthorityRotationOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** How far it is. @throws {WorkerError} */
  async status(): Promise<RotationStatus> {
    try {
      return await this.#describe(await readRotation(this.#options.stateDir));
    } catch (error) {
      throw workerErrorOf(error);
    }
  }

  /**
   * Goes to the next phase.
   *
   * @throws {WorkerError} `CONFLICT` when that is not the next one, and, without `force`, when
   * members would be cut off.
   */
  advance(request: RotationRequest): Promise<RotationStatus> {
    const turn = this.#last.then(() => this.#advance(request));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #advance({ phase, force }: RotationRequest): Promise<RotationStatus> {
    const { stateDir, moved } = this.#options;
    try {
      const rotation = await readRotation(stateDir);
      const step = STEPS[`${rotation.phase} ${phase}`];
      if (!step) throw wrongStep(rotation.phase, phase);
      // Whoever gives up a next authority that has issued nothing cuts nobody off.
      const strands = `${rotation.phase} ${phase}` !== "announced none";
      if (strands && !force) refuseStranding(await this.#notMoved(rotation));
      const next = await step(stateDir, this.#clock);
      await moved();
      return await this.#describe(next);
    } catch (error) {
      throw workerErrorOf(error);
    }
  }

  async #notMoved(rotation: Rotation) {
    return membersNotMoved(rotation, {
      members: await this.#options.members.list(),
      now: this.#clock.now(),
    });
  }

  async #describe(rotation: Rotation): Promise<RotationStatus> {
    const { phase } = rotation;
    const notMoved = await this.#notMoved(rotation);
    return {
      phase,
      issuer: describe(rotation.issuer),
      next: phase === "announced" ? describe(rotation.next) : null,
      old: phase === "issuing" ? describe(rotation.old) : null,
      notMoved: notMoved.map(({ renewedAt, ...rest }) => ({
        ...rest,
        renewedAt: new Date(renewedAt).toISOString(),
      })),
    };
  }
}

function describe({ certificate }: TrustedAuthority): AuthorityStatus {
  return {
    pin: certificatePin(certificate),
    notAfter: new Date(certificate.notAfter).toISOString(),
  };
}

function wrongStep(now: RotationPhase, asked: RotationPhase): WorkerError {
  const next: Record<RotationPhase, string> = {
    none: `"announced" is next (\`worker certs rotate begin\`)`,
    announced:
      `"issuing" is next (\`worker certs rotate issue\`), "none" gives it up (\`worker certs rotate end\`)`,
    issuing: `"none" is next and ends it (\`worker certs rotate end\`)`,
  };
  return new WorkerError(
    "CONFLICT",
    `the replacement of the authority is in the phase "${now}" and can't go to "${asked}": ${
      next[now]
    }`,
  );
}
