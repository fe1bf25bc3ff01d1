import { basename } from "node:path";

/** Makes `link` lead to `socket`, beside it, in one step: whoever looks finds the old or the new. */
export function linkSocket(link: string, socket: string): void {
  const partial = `${link}.new`;
  try {
    Deno.removeSync(partial);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.symlinkSync(basename(socket), partial);
  Deno.renameSync(partial, link);
}

/** Removes `link` when it still leads to `socket`. */
export function unlinkSocket(link: string, socket: string): void {
  try {
    if (Deno.readLinkSync(link) === basename(socket)) Deno.removeSync(link);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether `link` leads to `socket`, and that is there. */
export function isLinked(link: string, socket: string): boolean {
  try {
    return Deno.readLinkSync(link) === basename(socket) &&
      Deno.lstatSync(socket).isSocket === true;
  } catch {
    return false;
  }
}
