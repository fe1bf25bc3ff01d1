/** The listener under attack. Reads credentials as JSON from stdin and prints its port. */
import { type Credentials, TestListener } from "../helpers/listener.ts";

const credentials: Credentials = await new Response(Deno.stdin.readable).json();
const server = await TestListener.listen(credentials, {
  limits: { headersTimeout: 1_000, handshakeTimeout: 1_000 },
});
console.log(server.port);
