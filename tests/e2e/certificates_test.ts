import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { waitFor } from "../helpers/wait_for.ts";
import { runCommand } from "../helpers/command.ts";
import { clientFlags } from "../helpers/credentials.ts";
import { startWorker, type Worker } from "../helpers/worker.ts";

/** A self-signed certificate that names alice as a user, made by openssl. */
async function foreignCredentials(worker: Worker) {
  const folder = `${worker.folder}/foreign`;
  await Deno.mkdir(folder);
  const { code, stderr } = await runCommand([
    "openssl",
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-subj",
    "/CN=admin/O=admin",
    "-addext",
    "extendedKeyUsage=clientAuth",
    "-days",
    "1",
    "-keyout",
    `${folder}/admin.key`,
    "-out",
    `${folder}/admin.crt`,
  ]);
  equal(code, 0, stderr);
  return {
    cacert: worker.admin.cacert,
    cert: `${folder}/admin.crt`,
    key: `${folder}/admin.key`,
  };
}

Deno.test("worker serve lets nobody in when the certificate is missing, foreign or too old", async () => {
  await using worker = await startWorker();
  const { cacert } = worker.admin;
  const expired = await worker.issue("short", ["--ttl", "1s"]);
  await waitFor("the certificate to expire", async () => {
    const { code } = await runCommand([
      "openssl",
      "x509",
      "-checkend",
      "0",
      "-noout",
      "-in",
      expired.cert,
    ]);
    return code !== 0;
  });
  for (
    const [what, as] of [
      ["foreign", await foreignCredentials(worker)],
      ["expired", expired],
    ] as const
  ) {
    const { stdout } = await worker.curl("/v1/jobs", [], { as });
    const problem = JSON.parse(stdout);
    deepEqual([problem.status, problem.code], [401, "UNAUTHENTICATED"], what);
    const cli = await worker.cli([...clientFlags(worker, as), "ls"]);
    equal(cli.code, 255, what);
    equal(cli.stdout, "", what);
    match(cli.stderr, /^worker: .*certificate.*\n$/, what);
  }
  const nobody = await runCommand([
    "curl",
    "--silent",
    "--cacert",
    cacert,
    `https://${worker.addr}/v1/jobs`,
  ]);
  equal(JSON.parse(nobody.stdout).code, "UNAUTHENTICATED");
  const health = await runCommand([
    "curl",
    "--silent",
    "--fail",
    "--cacert",
    cacert,
    `https://${worker.addr}/healthz`,
  ]);
  equal(health.code, 0);
});

Deno.test("worker serve speaks TLS 1.3 only", async () => {
  await using worker = await startWorker();
  const old = await worker.curl("/v1/jobs", ["--tls-max", "1.2"]);
  equal(old.stdout, "");
  match(old.stderr, /curl: \((35|56)\)/);
  equal((await worker.curl("/v1/jobs", ["--tlsv1.3", "--fail"])).code, 0);
});

Deno.test("worker run doesn't trust a server of another authority", async () => {
  await using worker = await startWorker();
  await using other = await startWorker();
  const { code, stdout, stderr } = await worker.cli([
    `--addr=${other.addr}`,
    "run",
    "echo",
    "secret",
  ]);
  deepEqual({ code, stdout }, { code: 255, stdout: "" });
  match(stderr, /^worker: .*certificate.*\n$/i);
});

Deno.test("worker certs revoke ends a certificate while the server runs", async () => {
  await using worker = await startWorker();
  const alice = await worker.issue("alice");
  const bob = await worker.issue("bob");
  equal((await worker.curl("/v1/jobs", ["--fail"], { as: alice })).code, 0);
  const body = '{"command":"sleep","args":["600"]}';
  const stream = worker.curl("/v1/run", ["-d", body], { as: alice });
  await waitFor("her job", async () => {
    const { stdout } = await worker.curl("/v1/jobs?state=running");
    return JSON.parse(stdout).length === 1;
  });
  const { code, stderr } = await worker.cli([
    "certs",
    "revoke",
    "alice",
    `--state-dir=${worker.stateDir}`,
  ]);
  equal(code, 0, stderr);
  const refused = await waitFor("alice to be refused", async () => {
    const { stdout } = await worker.curl("/v1/jobs", [], { as: alice });
    const answer = JSON.parse(stdout);
    return Array.isArray(answer) ? null : answer;
  });
  equal(refused.code, "UNAUTHENTICATED");
  match(refused.detail, /revoked/);
  equal((await worker.curl("/v1/jobs", ["--fail"], { as: bob })).code, 0);
  // What is being streamed to her is cut; the job goes on.
  notEqual((await stream).code, 0);
  const { stdout } = await worker.curl("/v1/jobs?state=running");
  equal(JSON.parse(stdout).length, 1);
});

Deno.test("worker run goes on with a renewed certificate when the earlier one is revoked", async () => {
  await using worker = await startWorker();
  const alice = await worker.issue("alice");
  const earlier = `${worker.folder}/earlier.crt`;
  await Deno.copyFile(alice.cert, earlier);
  const stopFile = `${worker.folder}/stop`;
  const following = worker.cli([
    ...["run", ...clientFlags(worker, alice)],
    ...["sh", "-c"],
    `echo begun; until [ -e ${stopFile} ]; do sleep 0.05; done; echo done`,
  ]);
  await waitFor("her job", async () => {
    const { stdout } = await worker.curl("/v1/jobs?state=running");
    return JSON.parse(stdout).length === 1;
  });
  await worker.issue("alice", ["--force"]);
  const { code, stderr } = await worker.cli([
    ...["certs", "revoke", earlier, `--state-dir=${worker.stateDir}`],
  ]);
  equal(code, 0, stderr);
  await waitFor("what is streamed to her to be cut", async () => {
    const { stdout } = await worker.curl("/metrics");
    return /worker_connections_cut_total\{reason="revoked"\} 1/.test(stdout);
  });
  await Deno.writeTextFile(stopFile, "");
  const outcome = await following;
  equal(outcome.stdout, "begun\ndone\n");
  equal(outcome.code, 0, outcome.stderr);
});

Deno.test("worker serve shows a new certificate when its files change, without dropping a stream", async () => {
  await using worker = await startWorker();
  const { stdout } = await worker.cli(["start", "cat", "/proc/uptime"]);
  await worker.cli(["wait", stdout.trim()]);
  const stopFile = `${worker.folder}/stop`;
  const following = worker.cli([
    "run",
    "sh",
    "-c",
    `until [ -e ${stopFile} ]; do sleep 0.05; done; echo done`,
  ]);
  await waitFor("the stream to run", async () => {
    const { stdout } = await worker.curl("/v1/jobs?state=running");
    return JSON.parse(stdout).length === 1;
  });
  const before = await serverFingerprint(worker);
  const { code, stderr } = await worker.cli([
    "certs",
    "issue",
    "server",
    "--server",
    "--force",
    "--san=IP:127.0.0.1",
    `--out=${worker.folder}/new`,
    `--state-dir=${worker.stateDir}`,
  ]);
  equal(code, 0, stderr);
  for (const kind of ["key", "crt"]) {
    await Deno.rename(
      `${worker.folder}/new/server.${kind}`,
      `${worker.stateDir}/server.${kind}`,
    );
  }
  Deno.kill(worker.pid, "SIGHUP");
  await waitFor(
    "the new certificate",
    async () => await serverFingerprint(worker) !== before,
  );
  await Deno.writeTextFile(stopFile, "");
  deepEqual(await following, {
    code: 0,
    stdout: "done\n",
    bytes: new TextEncoder().encode("done\n"),
    stderr: "",
  });
});

async function serverFingerprint(worker: Worker): Promise<string> {
  const { stdout } = await runCommand([
    "sh",
    "-c",
    `openssl s_client -connect "$0" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`,
    worker.addr,
  ]);
  return stdout;
}
