import { FILE_MODE } from "./_files.ts";

/**
 * Holds a lock on a file of its own until it is disposed of, so that two processes (or two tasks
 * of one) do not change the same files at once. The kernel lets go of it when the holder dies.
 */
export async function lockFile(path: string): Promise<Disposable> {
  const file = await Deno.open(path, {
    write: true,
    create: true,
    mode: FILE_MODE,
  });
  try {
    // Whatever the umask left of it, the next one has to be able to open it.
    const { mode } = await file.stat();
    if (mode !== null && (mode & 0o777) !== FILE_MODE) {
      await Deno.chmod(path, FILE_MODE);
    }
    await file.lock(true);
  } catch (error) {
    file.close();
    throw error;
  }
  // Closing gives the lock back. The file stays: removing it would let a waiter lock a ghost.
  return { [Symbol.dispose]: () => file.close() };
}
