import { WorkerError } from "../../api/errors.ts";
import { findUser, type HostUser } from "../../jobs/users.ts";

/**
 * The user as whom a server is to talk to the network.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` when this process is not root; `INVALID_ARGUMENT` when
 * there is no such user, or it is as good as root.
 */
export async function runAsUser(name: string): Promise<HostUser> {
  if (Deno.uid() !== 0) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      `--run-as "${name}" takes root, to become that user: start the server as root, or leave --run-as out`,
    );
  }
  const user = await findUser(name).catch((cause) => {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `--run-as "${name}": this host has no such user; make one, for example with \`useradd --system --user-group --create-home ${
        /^[a-z_][-a-z0-9_]*$/.test(name) ? name : "worker"
      }\``,
      { cause },
    );
  });
  if (user.uid === 0 || user.gid === 0) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `--run-as "${name}": this is ${
        user.uid === 0 ? "root" : "a user of the group root"
      }, and the server is to own nothing of root's: name another user`,
    );
  }
  return user;
}

/**
 * The words that run what follows them as a user who can't become anybody else any more
 * (setpriv(1)): no capability, none to be gained, the user's own groups. The kernel ends it when this
 * process ends: one that drained, or hung, would be in the way of the next.
 */
export function asUser({ uid, gid }: HostUser): string[] {
  return [
    "setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--init-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--pdeathsig=KILL",
    "--",
  ];
}

/** What that user's processes find in their environment of their user. */
export function environmentOf(
  { name, home }: HostUser,
): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name };
}
