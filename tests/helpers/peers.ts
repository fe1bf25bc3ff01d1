/** Clients of a listener under test. */
import { setTimeout as delay } from "node:timers/promises";
import type { PemPair } from "./tls.ts";

/** Which client asks, and how. */
export interface AskOptions {
  port: number;
  ca: string;
  client?: PemPair | undefined;
  http2?: boolean;
}

/** One request on a connection of its own. */
export async function ask(
  path: string,
  options: AskOptions,
): Promise<{ status: number; text: string }> {
  using client = httpClient(options);
  const response = await fetch(`https://localhost:${options.port}${path}`, {
    client,
  });
  return { status: response.status, text: await response.text() };
}

/** A pool of connections for `fetch`, closed by its scope. */
export function httpClient(
  { ca, client, http2 = true }: Omit<AskOptions, "port">,
): Deno.HttpClient {
  return Deno.createHttpClient({
    caCerts: [ca],
    http2,
    http1: !http2,
    ...client,
  });
}

/** Resolves once `condition` holds; rejects when it does not within ten seconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let round = 0; !await condition(); round++) {
    if (round === 1_000) throw new Error(`never came true: ${condition}`);
    await delay(10);
  }
}

/**
 * Runs `openssl s_client` against the listener with `request` as input until the server closes;
 * what it printed.
 */
export async function sClient(
  request: string,
  { port, args }: { port: number; args: string[] },
): Promise<string> {
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-ign_eof", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await new Blob([request]).stream().pipeTo(child.stdin).catch(() => {});
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}
