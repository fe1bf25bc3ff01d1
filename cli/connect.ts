import { JobClient } from "../lib/client/job_client.ts";
import { NodeTransport } from "../lib/client/node_transport.ts";
import type { TlsCredentials } from "../lib/client/tls_credentials.ts";
import { TlsTransport } from "../lib/client/tls_transport.ts";
import type { Transport } from "../lib/client/transport.ts";
import type { Profile } from "../lib/config/profile.ts";
import { type ParsedArguments, valueOf } from "./command.ts";
import { UsageError } from "./exit_error.ts";
import { isUnix, resolveSettings } from "./settings.ts";

/** A client and the text of the last JSON answer it received. */
export interface Connection extends Disposable {
  client: JobClient;
  transport: Transport;
  lastAnswer(): string;
}

/**
 * A client for the jobs of the server that the flags, the environment or the profile name, or of the
 * node behind it that `--node` or the environment names.
 */
export async function connect(typed: ParsedArguments): Promise<Connection> {
  const given = valueOf(typed, "node");
  if (given === "") {
    // An unset variable in a script: it must not run on the server instead.
    throw new UsageError(
      '--node: "" names no node: write its name, or leave --node out to mean the server',
    );
  }
  const connection = await connectToServer(typed);
  const node = given ?? Deno.env.get("WORKER_NODE");
  return node ? connectToNode(connection, node) : connection;
}

/** A client for the server itself, whatever node is named. */
export async function connectToServer(
  typed: ParsedArguments,
): Promise<Connection> {
  return await connectTo(await resolveSettings(typed));
}

/** A client for a node behind a server; disposing of it closes the connection to the server. */
export function connectToNode(
  { transport }: Pick<Connection, "transport">,
  node: string,
): Connection {
  const connection = over(new NodeTransport(transport, node));
  return {
    ...connection,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/** A client for the server of a profile. Connects with the first request. */
export async function connectTo(profile: Profile): Promise<Connection> {
  if (isUnix(profile.addr)) return await connectToSocket(profile.addr);
  const reload = () => readCredentials(profile);
  const credentials = await reload();
  return over(
    new TlsTransport({ address: profile.addr, ...credentials, reload }),
  );
}

async function connectToSocket(address: string): Promise<Connection> {
  const { UnixTransport } = await import("../lib/client/unix_transport.ts");
  return over(await UnixTransport.open(address));
}

function over(transport: Transport): Connection {
  let answer = "";
  return {
    client: new JobClient(transport, { received: (text) => answer = text }),
    transport,
    lastAnswer: () => answer,
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

async function readCredentials(profile: Profile): Promise<TlsCredentials> {
  const [cacert, cert, key] = await Promise.all([
    readSetting("cacert", profile.cacert),
    readSetting("cert", profile.cert),
    readSetting("key", profile.key),
  ]);
  return { cacert, cert, key };
}

async function readSetting(name: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file"
      : cause instanceof Deno.errors.PermissionDenied
      ? "permission denied"
      : (cause as Error).message;
    throw new UsageError(`cannot read --${name} "${path}": ${why}`, { cause });
  }
}
