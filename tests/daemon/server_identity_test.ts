import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import {
  initialise,
  issueCertificate,
  RevocationList,
  statePaths,
} from "../../certs/mod.ts";
import { ServerIdentity } from "../../lib/daemon/server_identity.ts";
import { derOf } from "../certs/workspace.ts";
import { until } from "../helpers/jobs.ts";

/** A state directory with a client certificate in it, and the server's own files. */
async function state() {
  const dir = await Deno.makeTempDir({ prefix: "worker-identity-" });
  const paths = (await initialise(dir, { hostname: "host-1" })).paths;
  const alice = await issueCertificate(dir, {
    name: "alice",
    out: `${dir}/alice`,
  });
  return {
    dir,
    paths,
    files: { cert: paths.serverCert, key: paths.serverKey, ca: paths.caCert },
    alice: {
      der: derOf(await Deno.readTextFile(alice.certificate)),
      revocation: {
        serial: alice.serial,
        fingerprint: null,
        name: "alice",
        revokedAt: new Date().toISOString(),
        reason: null,
      },
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Replaces a file as a careful administrator does. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text, { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

/** A new certificate for the server, with a key of its own. */
async function newServer(dir: string) {
  const issued = await issueCertificate(dir, {
    name: "host-1",
    server: true,
    force: true,
    out: `${dir}/new`,
  });
  return {
    cert: await Deno.readTextFile(issued.certificate),
    key: await Deno.readTextFile(issued.key),
  };
}

Deno.test("ServerIdentity.load() names the file when one can't be used", async (t) => {
  await using server = await state();
  const { files, dir, paths } = server;
  const text = `${dir}/text`;
  await Deno.writeTextFile(text, "no PEM");
  for (
    const [what, wrong, said] of [
      ["no file", { cert: `${dir}/none` }, /"[^"]*\/none" is not there/],
      ["a directory", { key: dir }, /directory/],
      ["no certificate", { cert: text }, /\/text"/],
      ["no key", { key: text }, /\/text" is not the key of/],
      ["another key", { key: paths.adminKey }, /admin\.key" is not the key of/],
      ["no authority", { ca: text }, /\/text"/],
      ["a leaf", { ca: paths.serverCert }, /server\.crt"/],
    ] as const
  ) {
    await t.step(what, async () => {
      await rejects(
        ServerIdentity.load({ ...files, ...wrong }, dir),
        (error: Error) => {
          match(error.message, said);
          return true;
        },
      );
    });
  }
  await (await ServerIdentity.load(files, dir))[Symbol.asyncDispose]();
});

Deno.test("ServerIdentity takes a new certificate into use when its files change", async () => {
  await using server = await state();
  await using identity = await ServerIdentity.load(server.files, server.dir);
  const used: string[] = [];
  identity.onChange = ({ cert }) => used.push(cert);
  const { cert, key } = await newServer(server.dir);
  await replace(server.files.key, key);
  await replace(server.files.cert, cert);
  await until(() => used.at(-1) === cert);
});

Deno.test("ServerIdentity.reload() keeps the old certificate when the new one is damaged", async (t) => {
  await using server = await state();
  await using identity = await ServerIdentity.load(server.files, server.dir);
  const used: string[] = [];
  identity.onChange = ({ cert }) => used.push(cert);
  const { cert, key } = await newServer(server.dir);
  const [oldCert, oldKey, ca] = await Promise.all(
    [server.files.cert, server.files.key, server.files.ca].map((path) =>
      Deno.readTextFile(path)
    ),
  ) as [string, string, string];
  for (
    const [what, now] of [
      ["cut in two", { cert: cert.slice(0, 200), key, ca }],
      ["without its key", { cert, key: oldKey, ca }],
      ["with an authority that is none", { cert, key, ca: cert }],
      ["with an empty authority", { cert, key, ca: "" }],
    ] as const
  ) {
    await t.step(what, async () => {
      await replace(server.files.cert, now.cert);
      await replace(server.files.key, now.key);
      await replace(server.files.ca, now.ca);
      used.length = 0;
      await identity.reload();
      deepEqual(used, []);
      equal(identity.verify(server.alice.der).name, "alice");
    });
  }
  await replace(server.files.cert, oldCert);
  await replace(server.files.key, oldKey);
  await replace(server.files.ca, ca);
  await identity.reload();
  equal(used.at(-1), oldCert);
});

Deno.test("ServerIdentity.reload() takes revocations when the certificate is damaged", async () => {
  await using server = await state();
  await using identity = await ServerIdentity.load(server.files, server.dir);
  const alice = identity.verify(server.alice.der);
  await replace(server.files.cert, "damaged");
  const list = await RevocationList.load(statePaths(server.dir).revoked);
  await list.add([server.alice.revocation]);
  await identity.reload();
  throws(() => identity.recheck(alice), /revoked/);
  throws(() => identity.verify(server.alice.der), /revoked/);
});

Deno.test("ServerIdentity.reload() takes a certificate when the revocations are damaged, and forgets none", async () => {
  await using server = await state();
  const { revoked } = statePaths(server.dir);
  const list = await RevocationList.load(revoked);
  await list.add([server.alice.revocation]);
  await using identity = await ServerIdentity.load(server.files, server.dir);
  let used = "";
  identity.onChange = ({ cert }) => used = cert;
  const { cert, key } = await newServer(server.dir);
  await replace(revoked, `{"revoked": [`);
  await replace(server.files.key, key);
  await replace(server.files.cert, cert);
  await identity.reload();
  equal(used, cert);
  throws(() => identity.verify(server.alice.der), /revoked/);
});

Deno.test("ServerIdentity goes on when a directory can't be watched any more", async () => {
  await using server = await state();
  const apart = `${server.dir}/apart`;
  await Deno.mkdir(apart);
  const files = { ...server.files, cert: `${apart}/server.crt` };
  await Deno.copyFile(server.files.cert, files.cert);
  await using identity = await ServerIdentity.load(files, server.dir);
  await Deno.remove(apart, { recursive: true });
  await identity.reload();
  equal(identity.verify(server.alice.der).name, "alice");
});
