/**
 * Writes a file of `run/` whole, 0600: whoever reads it meanwhile sees the text before or the new
 * one, and what somebody has put in its way is not followed.
 */
export function replaceText(path: string, text: string): void {
  const temporary = `${path}.${Deno.pid}`;
  try {
    Deno.removeSync(temporary);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.writeTextFileSync(temporary, text, { mode: 0o600, createNew: true });
  Deno.renameSync(temporary, path);
}
