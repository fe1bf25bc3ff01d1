import { deepEqual, equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { CertificateAuthority } from "../../certs/authority.ts";
import { hostAlternativeName } from "../../certs/alternative_name.ts";
import { RevocationList } from "../../certs/revocation.ts";
import { PeerVerifier } from "../../certs/verify.ts";
import { workspace } from "./workspace.ts";

Deno.test("verify() names the client of a TLS connection, with every kind of key on both sides", async () => {
  await using space = await workspace();
  // Our own RSA keys take seconds to make; a smaller one shakes hands alike.
  await space.openssl("genrsa", "-out", "rsa.key", "2048");
  const rsa = { key: await space.read("rsa.key") };
  const ca = await CertificateAuthority.create({ cluster: "demo" });
  const verifier = new PeerVerifier({
    caBundle: ca.certificatePem,
    revocations: await RevocationList.load(space.path("revoked.json")),
  });
  for (
    const key of [{ keyType: "p256" }, { keyType: "ed25519" }, rsa] as const
  ) {
    const host = await ca.issue({
      ...key,
      name: "host-1",
      kind: "node",
      usages: ["server"],
      sans: [hostAlternativeName("localhost")],
    });
    const alice = await ca.issue({ ...key, name: "alice", roles: ["ops"] });
    const server = createServer({
      key: host.keyPem,
      cert: host.certificatePem,
      ca: ca.certificatePem,
      requestCert: true,
      minVersion: "TLSv1.3",
    }, (socket) => {
      const { raw } = socket.getPeerCertificate(true);
      const { name, roles, kind } = verifier.verify(raw);
      socket.end(JSON.stringify({ name, roles, kind }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const port = (server.address() as AddressInfo).port;
    const read = async (servername: string) => {
      const socket = connect({
        ...{ host: "127.0.0.1", port, servername },
        ca: ca.certificatePem,
        key: alice.keyPem,
        cert: alice.certificatePem,
      });
      return await textOf(socket);
    };
    try {
      deepEqual(JSON.parse(await read("localhost")), {
        name: "alice",
        roles: ["ops"],
        kind: "user",
      });
      await rejects(read("other.example"));
    } finally {
      server.close();
      await once(server, "close");
    }
  }
});

async function textOf(socket: TLSSocket): Promise<string> {
  let text = "";
  try {
    for await (const chunk of socket) text += chunk;
  } finally {
    socket.destroy();
  }
  equal(socket.destroyed, true);
  return text;
}
