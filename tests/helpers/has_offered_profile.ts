/** What a server says last of all when it starts. */
const OFFERED = /^try: worker |; to reach this (?:one|server), say --addr/m;

/**
 * Whether clients on this host find a server that listens: it writes a profile for its administrator
 * after that, where it has one, and says so.
 *
 * @param log What the server has said since its start.
 */
export async function hasOfferedProfile(
  log: string,
  admin: { cert: string },
): Promise<boolean> {
  if (OFFERED.test(log)) return true;
  try {
    await Deno.lstat(admin.cert);
    return false;
  } catch {
    return true;
  }
}
