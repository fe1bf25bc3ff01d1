/**
 * The address of the administrator's socket of a server that keeps its state where servers of this
 * user do; null when there is none that this user may open.
 *
 * @param stateDir A state directory. @default this user's
 */
export async function findAdminSocket(
  stateDir?: string,
): Promise<string | null> {
  try {
    // Needed only when nothing says where the server is, and it costs time to load.
    const { defaultStateDir } = await import("../lib/config/state_dir.ts");
    const path = `${stateDir ?? defaultStateDir()}/run/admin.sock`;
    const { isSocket, uid } = await Deno.lstat(path);
    const own = Deno.uid();
    return isSocket && (own === 0 || own === uid) ? `unix:${path}` : null;
  } catch {
    // No socket, no home, or a folder that is not to be looked into.
    return null;
  }
}
