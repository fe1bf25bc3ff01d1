/**
 * A node with a tunnel in a process of its own. Reads its proxy's address and its credentials as
 * JSON from stdin, and prints a line when it serves.
 */
import type { TunnelCredentials } from "../../lib/tunnel/dial_proxy.ts";
import { dialAs } from "../helpers/tunnels.ts";

const { address, credentials }: {
  address: string;
  credentials: TunnelCredentials;
} = await new Response(Deno.stdin.readable).json();
const node = await dialAs("web-1", { address, credentials });
console.log("serving");
console.log(await node.closed);
