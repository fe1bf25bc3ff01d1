/**
 * Writes a file of `run/` whole, 0600: whoever reads it meanwhile sees the text before or the new
 * one, and what somebody has put in its way is not followed. Does nothing when that is the text
 * already, so that a full disk keeps nobody from saying the same again.
 */
export function replaceText(path: string, text: string): void {
  if (holds(path, text)) return;
  const temporary = `${path}.${Deno.pid}`;
  remove(temporary);
  try {
    Deno.writeTextFileSync(temporary, text, { mode: 0o600, createNew: true });
    Deno.renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    throw error;
  }
}

/** Whether a file of this user's own says that and nobody else can read it. */
function holds(path: string, text: string): boolean {
  try {
    const { isFile, mode, uid } = Deno.lstatSync(path);
    return isFile && (mode! & 0o777) === 0o600 && uid === Deno.uid() &&
      Deno.readTextFileSync(path) === text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
