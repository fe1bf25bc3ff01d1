/**
 * A listener in a process with few descriptors: says where it is, takes all that are left, and gives
 * them back at SIGUSR2. SIGTERM ends it.
 */
import { credentials, TestListener } from "../../helpers/listener.ts";

const ended = Promise.withResolvers<void>();
const taken: Deno.FsFile[] = [];
Deno.addSignalListener("SIGTERM", () => ended.resolve());
Deno.addSignalListener("SIGUSR2", () => {
  for (const file of taken.splice(0)) file.close();
});

const from = await credentials();
const test = await TestListener.listen(from);
const say = (fact: object) => console.log(JSON.stringify(fact));
say({ port: test.port, ca: from.ca, client: from.client });
try {
  for (;;) taken.push(Deno.openSync("/dev/null"));
} catch (error) {
  say({ exhausted: (error as Error).message });
}
const looking = setInterval(() => {
  const event = test.events.find(({ type }) => type === "listener_error");
  if (event === undefined) return;
  say({ event });
  clearInterval(looking);
}, 20);

await ended.promise;
clearInterval(looking);
await test[Symbol.asyncDispose]();
Deno.exit(0);
