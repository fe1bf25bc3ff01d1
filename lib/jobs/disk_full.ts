/** ENOSPC and EDQUOT have no class of their own in Deno. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && /os error (28|122)\b/.test(error.message);
}
