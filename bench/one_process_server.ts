/**
 * A server that runs its jobs itself, without a job host: what `worker serve` is compared with.
 * Takes the certificates of a state directory and a folder for its jobs; prints its address. Ends
 * with its standard input.
 */
import { join } from "node:path";
import { statePaths } from "../certs/mod.ts";
import { AuditLog } from "../lib/audit/mod.ts";
import { ServerIdentity } from "../lib/daemon/server_identity.ts";
import { createApp } from "../lib/http/app.ts";
import { TlsListener } from "../lib/http/listener/listener.ts";
import { requestListener } from "../lib/http/request_listener.ts";
import { JobSupervisor } from "../lib/jobs/mod.ts";
import { ListeningSocket } from "../lib/linux/listening_socket.ts";
import { giveMemoryBack } from "../lib/linux/malloc.ts";

const [stateDir, directory] = Deno.args;
if (stateDir === undefined || directory === undefined) {
  throw new Error("give a state directory and a folder for jobs");
}
giveMemoryBack();
const paths = statePaths(stateDir);
await using identity = await ServerIdentity.load(
  { cert: paths.serverCert, key: paths.serverKey, ca: paths.caCert },
  stateDir,
);
await using jobs = new JobSupervisor({ directory, subreaper: true });
using audit = new AuditLog({ directory: join(directory, "audit") });
const app = createApp({
  audit,
  jobs,
  version: "0.0.0",
  unready: () => null,
  connections: () => 0,
  services: () => [],
  metrics: () => Promise.resolve([]),
});
using socket = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
await using _ = await TlsListener.listen({
  sockets: [socket],
  ...identity.certificate,
  verify: (raw) => identity.verify(raw),
  recheck: (who) => identity.recheck(who),
  handler: requestListener(app),
});
console.log(`127.0.0.1:${socket.address.port}`);
for await (const _ of Deno.stdin.readable);
