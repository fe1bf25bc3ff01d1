import { equal, throws } from "node:assert/strict";
import { LinuxError } from "../../lib/linux/linux_error.ts";
import { UnixDatagram } from "../../lib/linux/unix_datagram.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (message: Uint8Array<ArrayBuffer> | null) =>
  message && new TextDecoder().decode(message);

for (const kind of ["path", "abstract"] as const) {
  Deno.test(`send() delivers whole messages in order to a socket by ${kind} name`, async () => {
    const folder = await Deno.makeTempDir();
    const name = kind === "path" ? `${folder}/socket` : `@${folder}`;
    {
      using receiver = UnixDatagram.bind(name);
      using sender = UnixDatagram.connect(name);
      sender.send(bytes("READY=1\nSTATUS=ä"));
      sender.send(bytes("STOPPING=1"));
      equal(text(receiver.receive()), "READY=1\nSTATUS=ä");
      equal(text(receiver.receive()), "STOPPING=1");
      equal(receiver.receive(), null);
    }
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("connect() says so when nobody listens", () => {
  throws(
    () => UnixDatagram.connect("/nowhere/socket"),
    (error) =>
      error instanceof LinuxError && error.message.includes("/nowhere/socket"),
  );
});

for (const name of ["", "@", `/${"x".repeat(108)}`]) {
  Deno.test(`connect() refuses a name of ${name.length} characters`, () => {
    throws(() => UnixDatagram.connect(name), TypeError);
  });
}

Deno.test("send() gives up when the receiver does not keep up", async () => {
  const folder = await Deno.makeTempDir();
  {
    using _receiver = UnixDatagram.bind(`${folder}/socket`);
    using sender = UnixDatagram.connect(`${folder}/socket`, 20);
    const fill = (wait: boolean) => () => {
      for (let sent = 0; sent < 100_000; sent++) {
        sender.send(bytes("x"), { wait });
      }
    };
    throws(fill(false), { name: "LinuxError", errno: 11 });
    throws(fill(true), { name: "LinuxError", errno: 11 });
  }
  await Deno.remove(folder, { recursive: true });
});
