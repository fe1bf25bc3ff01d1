import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { CertificateAuthority } from "../../certs/authority.ts";
import { describeCertificates } from "../../certs/describe.ts";
import { identityOf } from "../../certs/identity_of.ts";
import { initialise, type InitialiseOptions } from "../../certs/initialise.ts";
import { issueCertificate } from "../../certs/issue.ts";
import { formatPem } from "../../certs/pem.ts";
import { revokeCertificate } from "../../certs/revoke.ts";
import { contents, listing } from "./files.ts";
import { derOf, oddLeaf, workspace } from "./workspace.ts";

const DAY = 86_400_000;
const FILES = [
  "600 .certs.lock",
  "700 admin",
  "600 admin/admin.crt",
  "600 admin/admin.key",
  "600 admin/ca.crt",
  "700 ca",
  "600 ca/ca.crt",
  "600 ca/ca.key",
  "600 ca/issued.json",
  "600 server.crt",
  "600 server.key",
];

Deno.test("initialise() makes everything for its owner only when nothing is there", async () => {
  await using space = await workspace();
  const dir = space.path("state");
  const { created, renewed, warnings, paths } = await initialise(dir);
  deepEqual(listing(dir), FILES);
  equal(Deno.statSync(dir).mode! & 0o777, 0o700);
  deepEqual(created, [paths.caCert, paths.serverCert, paths.adminCert]);
  deepEqual([renewed, warnings], [[], []]);
});

Deno.test("initialise() makes a server for the hosts and an administrator", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir, {
    hostname: "Host_1",
    hosts: ["worker.example.com", "192.0.2.7", "[2001:db8::1]", "0.0.0.0"],
  });
  const server = await Deno.readTextFile(paths.serverCert);
  const [shown] = describeCertificates(server);
  deepEqual(shown!.sans, [
    "URI:spiffe://host_1/node/Host_1",
    ...["DNS:localhost", "DNS:Host_1", "IP:127.0.0.1", "IP:::1"],
    ...["DNS:worker.example.com", "IP:192.0.2.7", "IP:2001:db8::1"],
  ]);
  deepEqual(shown!.usages, ["digitalSignature", "serverAuth", "clientAuth"]);
  const admin = identityOf(derOf(await Deno.readTextFile(paths.adminCert)));
  deepEqual([admin.name, admin.roles, admin.kind], [
    "admin",
    ["admin"],
    "user",
  ]);
  for (const name of ["server.crt", "admin/admin.crt"]) {
    await space.openssl("verify", "-x509_strict", "-CAfile", "ca/ca.crt", name);
  }
  await space.openssl(
    ...["verify", "-CAfile", "ca/ca.crt", "-verify_hostname"],
    ...["worker.example.com", "server.crt"],
  );
});

Deno.test("initialise() changes nothing when everything is there", async () => {
  await using space = await workspace();
  await initialise(space.dir, { hosts: ["a.example"] });
  const before = contents(space.dir);
  const { created, renewed } = await initialise(space.dir);
  deepEqual([created, renewed], [[], []]);
  deepEqual(contents(space.dir), before);
});

Deno.test("initialise() makes each thing once when several run at once", async () => {
  await using space = await workspace();
  const results = await Promise.all(
    Array.from({ length: 4 }, () => initialise(space.path("state"))),
  );
  equal(results.flatMap(({ created }) => created).length, 3);
  equal(results.filter(({ created }) => created.length === 3).length, 1);
  const state = space.path("state");
  await space.openssl(
    ...["verify", "-CAfile", `${state}/ca/ca.crt`],
    ...[`${state}/server.crt`, `${state}/admin/admin.crt`],
  );
  equal(
    await space.openssl(
      "x509",
      "-in",
      `${state}/server.crt`,
      "-noout",
      "-pubkey",
    ),
    await space.openssl("pkey", "-in", `${state}/server.key`, "-pubout"),
  );
});

Deno.test("initialise() goes on where a crash left keys without certificates", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir);
  const keys = [paths.caKey, paths.serverKey, paths.adminKey];
  const before = keys.map((path) => Deno.readTextFileSync(path));
  for (const path of [paths.caCert, paths.serverCert, paths.adminCert]) {
    await Deno.remove(path);
  }
  const { created } = await initialise(space.dir);
  equal(created.length, 3);
  deepEqual(keys.map((path) => Deno.readTextFileSync(path)), before);
  await space.openssl("verify", "-CAfile", "ca/ca.crt", "server.crt");
});

Deno.test("initialise() renews under the same key when under a third of the life is left", async () => {
  await using space = await workspace();
  let ms = Date.now();
  const options = { ttl: 30 * DAY, now: () => ms };
  const { paths } = await initialise(space.dir, options);
  const before = contents(space.dir);
  ms += 19 * DAY;
  deepEqual((await initialise(space.dir, options)).renewed, []);
  ms += 2 * DAY;
  deepEqual((await initialise(space.dir, options)).renewed, [
    { path: paths.serverCert, reason: "expiring" },
    { path: paths.adminCert, reason: "expiring" },
  ]);
  const after = contents(space.dir);
  for (const path of ["server.key", "admin/admin.key", "ca/ca.crt"]) {
    equal(after[path], before[path]);
  }
  ok(after["server.crt"] !== before["server.crt"]);
  ms += 60 * DAY;
  const { renewed } = await initialise(space.dir, options);
  deepEqual(renewed.map(({ reason }) => reason), ["expired", "expired"]);
});

Deno.test("initialise() adds a host that the server certificate lacks and keeps the others", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir, { hosts: ["a.example"] });
  const { renewed } = await initialise(space.dir, { hosts: ["b.example"] });
  deepEqual(renewed, [{ path: paths.serverCert, reason: "hosts" }]);
  const server = await Deno.readTextFile(paths.serverCert);
  const sans = describeCertificates(server).flatMap(({ sans }) => sans);
  ok(sans.includes("DNS:a.example") && sans.includes("DNS:b.example"));
  equal(sans.filter((san) => san.startsWith("URI:spiffe:")).length, 1);
});

Deno.test("initialise() makes the server's certificate again, of its key, when it is to be another one", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir, {
    hostname: "h",
    hosts: ["a.example"],
  });
  const before = contents(space.dir);
  const again = (options: InitialiseOptions) =>
    initialise(space.dir, { hostname: "h", ...options });
  const who = async () => {
    const pem = await Deno.readTextFile(paths.serverCert);
    const { name, kind } = identityOf(derOf(pem));
    return { name, kind, sans: describeCertificates(pem)[0]!.sans };
  };
  const identity = [{ path: paths.serverCert, reason: "identity" as const }];
  deepEqual((await again({ kind: "node", name: "h" })).renewed, []);
  deepEqual((await again({ kind: "proxy" })).renewed, identity);
  const proxy = await who();
  deepEqual([proxy.name, proxy.kind], ["h", "proxy"]);
  ok(proxy.sans.includes("DNS:a.example"));
  deepEqual((await again({ kind: "proxy" })).renewed, []);

  deepEqual((await again({ kind: "proxy", name: "p-1" })).renewed, identity);
  const named = await who();
  deepEqual([named.name, named.kind], ["p-1", "proxy"]);
  ok(named.sans.includes("DNS:p-1"));
  // Who does not say what it is to be leaves it.
  deepEqual((await again({})).renewed, []);
  const after = contents(space.dir);
  for (const path of ["server.key", "ca/ca.crt", "admin/admin.crt"]) {
    equal(after[path], before[path]);
  }
  await space.openssl("verify", "-CAfile", "ca/ca.crt", "server.crt");
});

Deno.test("initialise() makes the certificate of an older program again, which is for servers only", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir, { hostname: "h" });
  const authority = await CertificateAuthority.load({
    certificate: await Deno.readTextFile(paths.caCert),
    key: await Deno.readTextFile(paths.caKey),
  });
  const { certificatePem } = await authority.issue({
    ...{ name: "h", kind: "node", usages: ["server"] },
    key: await Deno.readTextFile(paths.serverKey),
  });
  await Deno.writeTextFile(paths.serverCert, certificatePem);
  const { renewed } = await initialise(space.dir, { hostname: "h" });
  deepEqual(renewed, [{ path: paths.serverCert, reason: "identity" }]);
});

Deno.test("initialise() leaves a certificate from elsewhere that names nobody", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir);
  const authority = await CertificateAuthority.create({ cluster: "other" });
  const leaf = await oddLeaf(authority, {
    subject: "/O=nobody",
    extensions: ["subjectAltName=DNS:a.example"],
  });
  const pem = formatPem("CERTIFICATE", leaf);
  await Deno.writeTextFile(paths.serverCert, pem);
  const { renewed, warnings } = await initialise(space.dir, { kind: "proxy" });
  deepEqual([renewed, warnings], [[], []]);
  equal(await Deno.readTextFile(paths.serverCert), pem);
});

Deno.test("initialise() says when the certificate is to be another one and the authority's key is not there", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir);
  await Deno.remove(paths.caKey);
  const { renewed, warnings } = await initialise(space.dir, { kind: "auth" });
  deepEqual(renewed, []);
  match(warnings[0]!, /server\.crt" is of another name or kind .* key is not/);
});

Deno.test("initialise() leaves a certificate that was revoked or is of another authority", async () => {
  await using space = await workspace();
  let ms = Date.now();
  const options = { ttl: 30 * DAY, now: () => ms };
  const { paths } = await initialise(space.dir, options);
  await revokeCertificate(space.dir, "admin", options);
  await initialise(space.path("other"), options);
  await Deno.copyFile(space.path("other/server.crt"), paths.serverCert);
  const before = contents(space.dir);
  ms += 40 * DAY;
  const { renewed, warnings } = await initialise(space.dir, options);
  deepEqual(renewed, []);
  match(warnings[0]!, /server\.crt" has expired .* another authority/);
  match(warnings[1]!, /admin\.crt" has expired .* it was revoked/);
  deepEqual(contents(space.dir), before);
});

Deno.test("initialise() needs the authority's key only to make something", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir);
  await Deno.remove(paths.caKey);
  deepEqual((await initialise(space.dir)).created, []);
  await Deno.remove(paths.serverCert);
  await rejects(initialise(space.dir), { code: "not_found" });
});

Deno.test("initialise() refuses an authority whose key is another one's, and changes nothing", async () => {
  await using space = await workspace();
  const { paths } = await initialise(space.dir);
  await initialise(space.path("other"));
  await Deno.copyFile(space.path("other/ca/ca.key"), paths.caKey);
  await Deno.remove(paths.serverCert);
  const before = contents(space.dir);
  await rejects(initialise(space.dir), { code: "damaged" });
  deepEqual(contents(space.dir), before);
});

Deno.test("issueCertificate() and initialise() keep the index of both when they run at once", async () => {
  await using space = await workspace();
  const state = space.path("state");
  const { paths } = await initialise(state);
  const names = ["a", "b", "c", "d", "e", "f"];
  await Promise.all([
    ...names.map((name) =>
      issueCertificate(state, { name, out: space.path(name) })
    ),
    initialise(state, { hosts: ["new.example"] }),
  ]);
  const { issued } = JSON.parse(await Deno.readTextFile(paths.issued));
  const found = issued.map(({ name }: { name: string }) => name);
  for (const name of names) ok(found.includes(name), name);
  equal(issued.length, names.length + 3);
});
