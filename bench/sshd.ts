import { connect } from "node:net";
import { runCommand } from "../tests/helpers/command.ts";
import { waitFor } from "../tests/helpers/wait_for.ts";

/** An OpenSSH server on a loopback port with keys of its own, and how to reach it. */
export interface Sshd extends AsyncDisposable {
  /** `ssh … host`, to be followed by a command. */
  ssh: string[];
  /** The same through a jump host, which is this server, too. */
  jump: string[];
  /** Offers this server at a port of the jump host, by `ssh -R` from behind it; and how to reach it. */
  reverse(): Promise<ReversedSshd>;
  version: string;
}

/** A server behind `ssh -R`. */
export interface ReversedSshd extends AsyncDisposable {
  /** `ssh … host`, to be followed by a command. */
  ssh: string[];
}

/** Starts it in a temporary folder that goes with it; nothing of the user's ssh is read or changed. */
export async function startSshd(): Promise<Sshd> {
  const folder = await Deno.makeTempDir({ prefix: "worker-bench-sshd-" });
  const run = async (...command: string[]) => {
    const { code, stdout, stderr } = await runCommand(command);
    if (code !== 0) throw new Error(`"${command.join(" ")}" failed: ${stderr}`);
    return stdout.trim();
  };
  for (const name of ["host_key", "user_key"]) {
    await run(
      "ssh-keygen",
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-f",
      `${folder}/${name}`,
    );
  }
  await Deno.copyFile(`${folder}/user_key.pub`, `${folder}/authorized_keys`);
  const port = freePort();
  const hostKey = await Deno.readTextFile(`${folder}/host_key.pub`);
  await Deno.writeTextFile(
    `${folder}/known_hosts`,
    `[127.0.0.1]:${port} ${hostKey}`,
  );
  await Deno.writeTextFile(
    `${folder}/sshd_config`,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${folder}/host_key`,
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      "PidFile none",
      "UsePAM no",
      // The folder is below /tmp, which others may write to.
      "StrictModes no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "PrintMotd no",
      "PrintLastLog no",
      // bash reads ~/.bashrc for a command by ssh unless it is a nested shell: not the time of ssh.
      "SetEnv SHLVL=2",
      "",
    ].join("\n"),
  );
  const config = `${folder}/ssh_config`;
  await Deno.writeTextFile(
    config,
    [
      "Host *",
      "HostName 127.0.0.1",
      `Port ${port}`,
      `IdentityFile ${folder}/user_key`,
      `UserKnownHostsFile ${folder}/known_hosts`,
      `HostKeyAlias [127.0.0.1]:${port}`,
      "IdentitiesOnly yes",
      "BatchMode yes",
      "",
    ].join("\n"),
  );
  // Its privilege separation wants this folder, which a boot script makes otherwise.
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
  const sshd = new Deno.Command(await findSshd(), {
    args: ["-D", "-e", "-f", `${folder}/sshd_config`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("sshd to listen", () => answers(port));
  const { stderr: version } = await runCommand(["ssh", "-V"]);
  return {
    version: version.trim(),
    ssh: [
      "ssh",
      ...["-F", "none", "-i", `${folder}/user_key`, "-p", String(port)],
      ...["-o", `UserKnownHostsFile=${folder}/known_hosts`],
      ...["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"],
      "127.0.0.1",
    ],
    // A jump host takes its settings from a file alone.
    jump: ["ssh", "-F", config, "-J", "jump", "node"],
    reverse: () => reverse(config, port),
    async [Symbol.asyncDispose]() {
      sshd.kill("SIGTERM");
      await sshd.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function reverse(config: string, port: number): Promise<ReversedSshd> {
  const offered = freePort();
  const ssh = new Deno.Command("ssh", {
    args: [
      ...["-F", config, "-N", "-o", "ExitOnForwardFailure=yes"],
      ...["-R", `127.0.0.1:${offered}:127.0.0.1:${port}`, "jump"],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await waitFor("the port that ssh -R offers", () => answers(offered));
  return {
    ssh: ["ssh", "-F", config, "-p", String(offered), "node"],
    async [Symbol.asyncDispose]() {
      ssh.kill("SIGTERM");
      await ssh.status;
    },
  };
}

/** sshd must be started by its absolute path, which is often not on a user's PATH. */
async function findSshd(): Promise<string> {
  for (const path of ["/usr/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"]) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  throw new Error("no sshd: apt-get install openssh-server");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
