import { WorkerError } from "../../lib/api/errors.ts";
import { type Changes, output } from "./changes.ts";

/** What useradd(8) takes on every distribution; nobody's name is an option or a number. */
const NAME = /^[a-z_][a-z0-9_-]{0,30}$/;

/**
 * Makes the user as whom the server talks to the network, with a group of the same name.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` for a name that no user can have, or root's.
 */
export async function makeUser(changes: Changes, name: string): Promise<void> {
  checkUserName(name);
  if ((await output(["getent", "passwd", name])).success) {
    return await changes.tell({
      did: "kept",
      what: `user ${name}`,
      why: "there is one",
    });
  }
  await changes.run(
    "useradd",
    "--system",
    "--user-group",
    "--no-create-home",
    "--home-dir=/nonexistent",
    "--shell=/usr/sbin/nologin",
    "--comment=worker server",
    name,
  );
}

/** @throws {WorkerError} `INVALID_ARGUMENT` */
export function checkUserName(name: string): void {
  if (NAME.test(name) && name !== "root") return;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `--user "${name}" is not a name for a user of the server's own: write for example "worker"`,
  );
}
