import { deepEqual, equal, match, ok } from "node:assert/strict";
import { renderCertificate } from "../../cli/certs/show.ts";
import { runCommand } from "../helpers/command.ts";
import { listing } from "./files.ts";
import { workspace } from "./workspace.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

async function fixture() {
  const space = await workspace();
  const state = space.path("state");
  const config = space.path("config");
  await Deno.mkdir(`${config}/worker`, { recursive: true });
  const certs = (...args: string[]) =>
    runCommand([
      // Whatever the umask is: everything is for its owner, and the owner can use it.
      ...["sh", "-c", 'umask 0277 && exec "$@"', "sh"],
      ...[Deno.execPath(), "run", "-A", MAIN, "certs", ...args],
    ], {
      cwd: space.dir,
      env: { XDG_CONFIG_HOME: config, WORKER_PROFILE: "" },
    });
  return { ...space, state, profile: `${config}/worker/profile.json`, certs };
}

Deno.test("certs init, issue, show and revoke work together", async () => {
  await using f = await fixture();
  const init = await f.certs("init", "--state-dir=state", "--host=w.example");
  equal(init.code, 0, init.stderr);
  deepEqual(
    init.stdout.trimEnd().split("\n"),
    ["ca/ca.crt", "server.crt", "admin/admin.crt"].map((p) =>
      f.path(`state/${p}`)
    ),
  );
  const profile = await Deno.readTextFile(f.profile);
  deepEqual(JSON.parse(profile).cert, f.path("state/admin/admin.crt"));
  const elsewhere = await f.certs("init", "--state-dir=other");
  match(elsewhere.stderr, /^$/);
  equal(await Deno.readTextFile(f.profile), profile);

  const issue = await f.certs(
    ...["issue", "alice", "--state-dir=state", "--role=ops", "--role", "dev"],
    ...["--ttl=2h", "--san=DNS:alice.example"],
  );
  equal(issue.code, 0, issue.stderr);
  equal(issue.stdout, "alice/ca.crt\nalice/alice.crt\nalice/alice.key\n");
  match(issue.stderr, /issued "alice" until .*, roles ops, dev\n$/);
  for (const line of [...listing(f.state), ...listing(f.path("alice"))]) {
    match(line, /^(?:600|700) /);
  }
  const show = await f.certs("show", "alice/alice.crt", "--json");
  const shown = JSON.parse(show.stdout);
  equal(shown.subject, "O=ops, O=dev, CN=alice");
  ok(shown.sans.includes("DNS:alice.example"));

  const again = await f.certs("issue", "alice", "--state-dir=state", "--out=b");
  equal(again.code, 122);
  match(again.stderr, /^worker: "alice" has a certificate already .*\n$/);

  const revoke = await f.certs("revoke", "alice", "--state-dir=state");
  equal(revoke.stdout, `${shown.serial}\n`);
  const { revoked } = JSON.parse(await f.read("state/revoked.json"));
  equal(revoked[0].fingerprint, shown.fingerprint);
});

Deno.test("certs refuses with one line and the exit code of the reason", async () => {
  await using f = await fixture();
  const cases: [string[], number, RegExp][] = [
    [["issue", "alice", "--state-dir=none"], 123, /certs init/],
    [["issue", "a/b", "--state-dir=none"], 2, /"a\/b" can't be a name/],
    [["issue", "a", "--ttl=soon"], 2, /"soon" is not a duration/],
    [["issue", "a", "--san=spam"], 2, /"spam" is not an alternative name/],
    [["issue", "a", "--key-type=dsa"], 2, /p256/],
    [["show", "none.crt"], 123, /none\.crt/],
    [["revoke", "alice", "--state-dir=none"], 123, /--state-dir/],
  ];
  for (const [args, code, message] of cases) {
    const { stdout, stderr, ...outcome } = await f.certs(...args);
    equal(outcome.code, code, stderr);
    match(stderr, message);
    match(stderr, /^worker: [^\n]*\n$/);
    equal(stdout, "");
  }
  deepEqual(listing(f.dir), ["755 config", "755 config/worker"]);
});

Deno.test("renderCertificate() says how long ago a certificate expired", () => {
  const certificate = {
    subject: "CN=alice",
    issuer: "CN=ca",
    serial: "01",
    fingerprint: "02",
    notBefore: "2026-01-01T00:00:00.000Z",
    notAfter: "2026-01-11T00:00:00.000Z",
    keyType: "Ed25519",
    sans: [],
    usages: [],
    authority: false,
  };
  const at = (time: string) =>
    renderCertificate(certificate, Date.parse(time))
      .find((line) => line.startsWith("valid until"));
  match(at("2026-01-14T12:00:00Z")!, /\(expired 3 days ago\)$/);
  match(at("2026-01-11T01:00:00Z")!, /\(expired 1 hour ago\)$/);
  match(at("2026-01-02T00:00:00Z")!, /\(9 days left\)$/);
  match(
    at("2025-12-31T23:50:00Z")!,
    /\(not valid yet: begins in 10 minutes\)$/,
  );
});
