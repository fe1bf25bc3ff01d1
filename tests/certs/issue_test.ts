import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { initialise } from "../../certs/initialise.ts";
import { issueCertificate } from "../../certs/issue.ts";
import { revokeCertificate } from "../../certs/revoke.ts";
import { contents, listing } from "./files.ts";
import { workspace } from "./workspace.ts";

const DAY = 86_400_000;

async function fixture() {
  const space = await workspace();
  const state = space.path("state");
  await initialise(state);
  return {
    ...space,
    state,
    issue: (
      name: string,
      options: Partial<Parameters<typeof issueCertificate>[1]> = {},
    ) => issueCertificate(state, { name, out: space.path("out"), ...options }),
  };
}

Deno.test("issueCertificate() writes the three files for their owner only", async () => {
  await using f = await fixture();
  await f.issue("alice", { roles: ["ops", "dev"] });
  equal(Deno.statSync(f.path("out")).mode! & 0o777, 0o700);
  deepEqual(listing(f.path("out")), [
    "600 alice.crt",
    "600 alice.key",
    "600 ca.crt",
  ]);
  await f.openssl("verify", "-CAfile", "out/ca.crt", "out/alice.crt");
  await f.issue("bob");
  deepEqual(listing(f.path("out")).length, 5);
});

Deno.test("issueCertificate() refuses a name that has a valid certificate", async () => {
  await using f = await fixture();
  let ms = Date.now();
  const now = () => ms;
  const first = await f.issue("alice", { now });
  await rejects(f.issue("alice", { now, out: f.path("two") }), {
    code: "exists",
    message: /revoke it|--force/,
  });
  await rejects(Deno.stat(f.path("two")), Deno.errors.NotFound);

  const forced = await f.issue("alice", {
    now,
    out: f.path("two"),
    force: true,
  });
  deepEqual(forced.earlier.map(({ serial }) => serial), [first.serial]);

  await revokeCertificate(f.state, "alice", { now });
  await f.issue("alice", { now, out: f.path("three") });
  ms += 91 * DAY;
  await f.issue("alice", { now, out: f.path("four") });
});

Deno.test("issueCertificate() gives a name to one of several that ask for it at once", async () => {
  await using f = await fixture();
  const outcomes = await Promise.allSettled(
    ["a", "b", "c", "d"].map((out) => f.issue("alice", { out: f.path(out) })),
  );
  const won = outcomes.filter(({ status }) => status === "fulfilled");
  equal(won.length, 1);
});

Deno.test("issueCertificate() overwrites nothing unless forced, and then everything", async () => {
  await using f = await fixture();
  await Deno.mkdir(f.path("out"));
  for (const name of ["ca.crt", "alice.crt", "alice.key"]) {
    const path = await f.write(`out/${name}`, "precious");
    const index = await f.read("state/ca/issued.json");
    await rejects(f.issue("alice"), { code: "exists" }, name);
    deepEqual(contents(f.path("out")), { [name]: "precious" });
    equal(await f.read("state/ca/issued.json"), index);
    await Deno.remove(path);
  }
  await f.write("out/alice.key", "precious");
  await Deno.symlink("/dev/null", f.path("out/alice.crt"));
  await f.issue("alice", { force: true });
  await f.openssl("verify", "-CAfile", "out/ca.crt", "out/alice.crt");
  equal(Deno.lstatSync(f.path("out/alice.crt")).isFile, true);
  match(await f.read("out/alice.key"), /BEGIN PRIVATE KEY/);
});

Deno.test("issueCertificate() leaves nothing behind when the files can't be written", async () => {
  await using f = await fixture();
  const index = await f.read("state/ca/issued.json");
  await f.write("file", "");
  await rejects(f.issue("alice", { out: f.path("file") }));
  await rejects(f.issue("alice", { out: f.path("file/below") }));
  equal(await f.read("state/ca/issued.json"), index);
  await Deno.mkdir(f.path("out/alice.crt"), { recursive: true });
  await rejects(f.issue("alice", { force: true }), { code: "exists" });
  deepEqual(listing(f.path("out")), ["755 alice.crt"]);
  equal(await f.read("state/ca/issued.json"), index);
});

Deno.test("issueCertificate() refuses names that would leave the directory", async () => {
  await using f = await fixture();
  for (const name of ["../evil", "..", "a/b", "", "ca"]) {
    await rejects(f.issue(name), { code: "invalid" }, name);
  }
  await rejects(Deno.stat(f.path("out")), Deno.errors.NotFound);
});

Deno.test("issueCertificate() makes a certificate for a server by its name", async () => {
  await using f = await fixture();
  await f.issue("db.example.com", { server: true });
  await f.openssl(
    ...["verify", "-CAfile", "out/ca.crt", "-purpose", "sslserver"],
    ...["-verify_hostname", "db.example.com", "out/db.example.com.crt"],
  );
});

Deno.test("issueCertificate() says where the authority should be when there is none", async () => {
  await using space = await workspace();
  await rejects(
    issueCertificate(space.path("none"), { name: "a", out: space.path("o") }),
    { code: "not_found", message: /certs init/ },
  );
  deepEqual(listing(space.dir), []);
});

Deno.test("issueCertificate() refuses to work with a damaged index", async () => {
  await using f = await fixture();
  for (const text of ["", "{", "null", '{"issued":[{}]}']) {
    await f.write("state/ca/issued.json", text);
    await rejects(f.issue("alice"), { code: "damaged" }, text);
  }
});
