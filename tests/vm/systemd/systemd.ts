/** Runs a tool of systemd; what it prints. @throws {Error} with what it said when it fails. */
export function systemd(program: string, args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args })
    .outputSync();
  if (success) return new TextDecoder().decode(stdout).trim();
  throw new Error(`${program} ${args}: ${new TextDecoder().decode(stderr)}`);
}

/** Whether systemd is there, and ours to ask. */
export function isSystemdRunning(): boolean {
  try {
    return Deno.uid() === 0 && Deno.statSync("/run/systemd/system").isDirectory;
  } catch {
    return false;
  }
}
