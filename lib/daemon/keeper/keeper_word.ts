/** What a keeper tells its daemon, on its standard input. */
const REPLACED = "replaced";

/** Tells a kept daemon that another one serves in its place. */
export async function tellReplaced(daemon: Deno.ChildProcess): Promise<void> {
  const writer = daemon.stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(`${REPLACED}\n`));
  } catch {
    // It has ended in this moment.
  } finally {
    writer.releaseLock();
  }
}

/**
 * Resolves in a kept daemon when its keeper says that another one serves in its place; never when
 * the keeper is gone instead. Nobody else can say it: a signal might be meant for the keeper.
 */
export async function awaitReplaced(): Promise<void> {
  const input = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let said = "";
  for await (const text of input) {
    said += text;
    if (said.startsWith(`${REPLACED}\n`)) return;
  }
  await new Promise(() => {});
}
