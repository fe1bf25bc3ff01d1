import { WorkerError } from "../../api/errors.ts";
import type { HostUser } from "../../jobs/users.ts";
import { asUser } from "./run_as_user.ts";

/** Names the first of its arguments that its user can't read. */
const FIRST_UNREADABLE =
  'for path; do [ -r "$path" ] || { printf %s "$path"; exit 1; }; done';

/**
 * Sees to it that a user can read these paths, by asking as that user; words that are no absolute
 * path are left out.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` naming the first that it can't.
 */
export async function refuseUnreadable(
  words: readonly string[],
  user: HostUser,
): Promise<void> {
  const paths = words.filter((word) => word.startsWith("/"));
  const [program, ...args] = [
    ...asUser(user),
    ...["/bin/sh", "-c", FIRST_UNREADABLE, "sh", ...paths],
  ];
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args,
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return;
  const path = new TextDecoder().decode(stdout);
  throw new WorkerError(
    "PERMISSION_DENIED",
    path === ""
      ? `cannot become the user "${user.name}": ${
        new TextDecoder().decode(stderr).trim()
      }`
      : `the user "${user.name}" can't read "${path}", which the server needs: let it pass the folders above, or choose another place`,
  );
}
