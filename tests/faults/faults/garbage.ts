import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { delay } from "../../helpers/delay.ts";
import type { Random } from "../random.ts";
import type { Fault } from "./fault.ts";

/** What somebody sends who does not speak the protocol, or does not mean well. */
const MESSAGES: readonly ((random: Random) => Uint8Array | string)[] = [
  (random) => Uint8Array.from({ length: 4_096 }, () => random.int(0, 255)),
  () => "",
  () => "GET /v1/jobs HTTP/1.1\r\n",
  () => "GET / HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n".repeat(5_000),
  () => "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{",
  () =>
    "POST /v1/host/attach HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]",
  () =>
    "POST /v1/jobs/x/log/progress HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnull",
  () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0".repeat(100),
];

/** Sends, reads what comes for a moment, and vanishes. */
async function send(path: string, message: Uint8Array | string) {
  const socket: Socket = connect({ path });
  socket.on("error", () => {});
  socket.resume();
  await Promise.race([once(socket, "connect"), delay(2_000)]);
  if (message.length > 0) socket.write(message);
  await delay(300);
  socket.destroy();
}

export const garbage: Fault = {
  name: "garbage comes on the job host's socket",
  async happen({ server, random }) {
    const path = `${server.worker.stateDir}/run/jobs.sock`;
    await Promise.all(
      Array.from(
        { length: 100 },
        () => send(path, random.pick(MESSAGES)(random)),
      ),
    );
  },
};
