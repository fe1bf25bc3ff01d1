import { equal, match, notEqual, throws } from "node:assert/strict";
import net from "node:net";
import { once } from "node:events";
import { closeDescriptor } from "../../lib/linux/descriptor.ts";
import { ERRNO, LinuxError } from "../../lib/linux/linux_error.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import { pipeToChild } from "../../lib/linux/pipe.ts";

const libc = Deno.dlopen("libc.so.6", {
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
}).symbols;
const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const F_SETFD = 2;
const F_SETFL = 4;

const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** The flags of a descriptor as the kernel shows them. */
function flagsOf(fd: number): number {
  const info = Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`);
  return parseInt(/flags:\s+(\d+)/.exec(info)![1]!, 8);
}

/** A server on a duplicate of the socket, which answers `hello` and hangs up. */
async function greet(
  socket: ListeningSocket,
): Promise<AsyncDisposable> {
  const server = net.createServer((peer) => void peer.end("hello"));
  server.listen({ fd: socket.duplicate() });
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

async function read(hostname: string, port: number): Promise<string> {
  using connection = await Deno.connect({ hostname, port });
  const into = new Uint8Array(16);
  const count = await connection.read(into);
  return new TextDecoder().decode(into.subarray(0, count ?? 0));
}

for (const hostname of ["127.0.0.1", "::1"]) {
  Deno.test(`ListeningSocket.listen() has the real port of ${hostname} when it asked for 0`, async () => {
    using socket = ListeningSocket.listen({ hostname, port: 0 });
    equal(socket.address.hostname, hostname);
    notEqual(socket.address.port, 0);
    const flags = flagsOf(socket.fd);
    equal(flags & O_NONBLOCK, O_NONBLOCK);
    equal(flags & O_CLOEXEC, O_CLOEXEC);
    await using _server = await greet(socket);
    equal(await read(hostname, socket.address.port), "hello");
  });
}

Deno.test("ListeningSocket.listen() takes IPv4 as well when the address is ::", async () => {
  using socket = ListeningSocket.listen({ hostname: "::", port: 0 });
  equal(socket.address.hostname, "::");
  await using _server = await greet(socket);
  equal(await read("127.0.0.1", socket.address.port), "hello");
  equal(await read("::1", socket.address.port), "hello");
});

Deno.test("ListeningSocket.listen() leaves IPv4 alone when the address is another one of IPv6", () => {
  using six = ListeningSocket.listen({ hostname: "::1", port: 0 });
  const { port } = six.address;
  using four = ListeningSocket.listen({ hostname: "127.0.0.1", port });
  equal(four.address.port, port);
});

Deno.test("duplicate() goes on listening when the socket is closed, and the other way round", async () => {
  using socket = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = socket.address;
  using other = ListeningSocket.adopt(socket.duplicate());
  {
    await using _first = await greet(socket);
    equal(await read("127.0.0.1", port), "hello");
  }
  socket[Symbol.dispose]();
  socket[Symbol.dispose]();
  throws(() => socket.fd, /"127\.0\.0\.1:\d+" is closed/);
  await using _second = await greet(other);
  equal(await read("127.0.0.1", port), "hello");
});

Deno.test("adopt() makes a descriptor that blocks and that children inherit a good one", () => {
  using socket = ListeningSocket.listen({ hostname: "::1", port: 0 });
  const fd = socket.duplicate();
  // Neither O_NONBLOCK nor FD_CLOEXEC.
  equal(libc.fcntl(fd, F_SETFD, 0), 0);
  equal(libc.fcntl(fd, F_SETFL, 0), 0);
  equal(flagsOf(fd) & (O_NONBLOCK | O_CLOEXEC), 0);
  using adopted = ListeningSocket.adopt(fd);
  equal(adopted.fd, fd);
  equal(adopted.address.port, socket.address.port);
  equal(flagsOf(fd) & O_NONBLOCK, O_NONBLOCK);
  equal(flagsOf(fd) & O_CLOEXEC, O_CLOEXEC);
});

Deno.test("adopt() refuses what is not a TCP socket that listens, and leaves it open", () => {
  const pipe = pipeToChild();
  const udp = libc.socket(AF_INET, SOCK_DGRAM, 0);
  const idle = libc.socket(AF_INET, SOCK_STREAM, 0);
  const unix = libc.socket(AF_UNIX, SOCK_STREAM, 0);
  try {
    const cases: [fd: number, reason: RegExp][] = [
      [pipe.ours, /descriptor \d+: it is not an open socket/],
      [udp, /a socket of another kind/],
      [unix, /a socket of another kind/],
      [idle, /a socket that does not listen/],
      [99_999, /descriptor 99999: it is not an open socket/],
      [-1, /descriptor -1: it is not a descriptor/],
      [1.5, /not a descriptor/],
    ];
    for (const [fd, reason] of cases) {
      throws(() => ListeningSocket.adopt(fd), reason);
    }
    for (const fd of [pipe.ours, udp, unix, idle]) flagsOf(fd);
  } finally {
    for (const fd of [pipe.ours, pipe.theirs, udp, unix, idle]) {
      closeDescriptor(fd);
    }
  }
});

Deno.test("ListeningSocket.listen() says what to do when the address is in use", () => {
  using first = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = first.address;
  throws(
    () => ListeningSocket.listen({ hostname: "127.0.0.1", port }),
    (error: LinuxError) => {
      equal(error.errno, ERRNO.EADDRINUSE);
      match(
        error.message,
        new RegExp(
          `cannot listen on "127.0.0.1:${port}": the address is in use; choose`,
        ),
      );
      return true;
    },
  );
});

Deno.test("ListeningSocket.listen() says what to do when the host does not have the address", () => {
  // Of a range for documentation: nobody has it (RFC 5737, RFC 3849).
  for (const hostname of ["192.0.2.1", "2001:db8::1"]) {
    throws(
      () => ListeningSocket.listen({ hostname, port: 0 }),
      (error: LinuxError) => {
        equal(error.errno, ERRNO.EADDRNOTAVAIL);
        match(error.message, /this host does not have the address/);
        return true;
      },
    );
  }
  throws(
    () => ListeningSocket.listen({ hostname: "localhost", port: 0 }),
    /"localhost" is not an IP address/,
  );
});

Deno.test({
  name:
    "ListeningSocket.listen() says what to do when the port is not for this user",
  ignore: Deno.uid() !== 0,
  async fn() {
    const module =
      new URL("../../lib/linux/listening_socket.ts", import.meta.url)
        .href;
    const script =
      `import { ListeningSocket } from ${JSON.stringify(module)};` +
      `try { ListeningSocket.listen({hostname: "127.0.0.1", port: 1}) }` +
      `catch (error) { console.log(error.message) }`;
    // Without capabilities root is nobody special.
    const { stdout } = await new Deno.Command("setpriv", {
      args: [
        "--bounding-set=-all",
        "--inh-caps=-all",
        Deno.execPath(),
        "eval",
        "--no-lock",
        script,
      ],
    }).output();
    match(
      new TextDecoder().decode(stdout),
      /cannot listen on "127\.0\.0\.1:1": permission denied; ports below 1024/,
    );
  },
});
