import { WorkerError } from "../api/errors.ts";
import { runTool } from "./children.ts";

/** A user of this host, from passwd(5). */
export interface HostUser {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/**
 * Looks a user up by name or number, in `/etc/passwd` and, through getent(1), wherever else the
 * host keeps its users.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when there is no such user.
 */
export async function findUser(nameOrUid: string): Promise<HostUser> {
  const fits = ({ name, uid }: HostUser) =>
    name === nameOrUid || String(uid) === nameOrUid;
  const local = parsePasswd(await Deno.readTextFile("/etc/passwd")).find(fits);
  if (local) return local;
  const answer = await runTool("getent", ["passwd", "--", nameOrUid]);
  const found = answer === null ? undefined : parsePasswd(answer)[0];
  if (found) return found;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `cannot run as user "${nameOrUid}": this host has no such user`,
  );
}

/** The user this process runs as; one without an entry gets a plain one. */
export async function ownUser(): Promise<HostUser> {
  const uid = Deno.uid()!;
  try {
    return await findUser(String(uid));
  } catch {
    return {
      name: String(uid),
      uid,
      gid: Deno.gid()!,
      home: "/",
      shell: "/bin/sh",
    };
  }
}

function parsePasswd(text: string): HostUser[] {
  return text.split("\n").filter((line) => line.includes(":")).map((line) => {
    const [name, , uid, gid, , home, shell] = line.split(":");
    return {
      name: name!,
      uid: Number(uid),
      gid: Number(gid),
      home: home || "/",
      shell: shell || "/bin/sh",
    };
  });
}
