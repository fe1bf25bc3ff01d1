import { Argument, Command, Option } from "commander";
import type { InitFlags } from "./init.ts";
import type { IssueFlags } from "./issue.ts";
import type { RevokeFlags } from "./revoke.ts";
import type { RotateFlags, RotateStep } from "./rotate.ts";
import type { ShowFlags } from "./show.ts";

/** `worker certs`: make, show and revoke certificates, on the host that has the authority. */
export function certsCommand(): Command {
  return new Command("certs")
    .description(
      "Make, show and revoke certificates, and replace the authority.",
    )
    .addCommand(initCommand())
    .addCommand(issueCommand())
    .addCommand(showCommand())
    .addCommand(revokeCommand())
    .addCommand(rotateCommand());
}

function initCommand(): Command {
  return new Command("init")
    .description(
      "Make an authority, a server certificate and an administrator's certificate, as the first start of the server does; what is there stays.",
    )
    .addOption(stateDirOption())
    .option(
      "--host <name>",
      "another name or address of the server",
      collect,
      [],
    )
    .option("--cluster <name>", "name of the cluster (default: the host's)")
    .addOption(keyTypeOption())
    .option("--json", "print the result as JSON")
    .action(async (flags: InitFlags) => {
      await (await import("./init.ts")).init(flags);
    });
}

function issueCommand(): Command {
  return new Command("issue")
    .description(
      "Issue a certificate: writes ca.crt, NAME.crt and NAME.key, and prints their paths.",
    )
    .argument("<name>", "who it is for; becomes the common name")
    .option("--role <role>", "a role, e.g. admin", collect, [])
    .option("--out <dir>", "where to write the files (default: ./NAME)")
    .addOption(stateDirOption())
    .addOption(keyTypeOption())
    .option(
      "--ttl <duration>",
      'how long it is valid, e.g. "12h" (default: 90d, for a server 365d)',
    )
    .option(
      "--san <name>",
      "another name: DNS:x, IP:y or URI:z",
      collect,
      [],
    )
    .option("--server", "for a server and not for a client")
    .option("--force", "also when the name has one; replaces files")
    .option("--json", "print the result as JSON")
    .action(async (name: string, flags: IssueFlags) => {
      await (await import("./issue.ts")).issue(name, flags);
    });
}

function showCommand(): Command {
  return new Command("show")
    .description("Show the certificates in a file (PEM or DER).")
    .argument("<file>")
    .option("--json", "print one JSON object a certificate")
    .action(async (file: string, flags: ShowFlags) => {
      await (await import("./show.ts")).show(file, flags);
    });
}

function revokeCommand(): Command {
  return new Command("revoke")
    .description(
      "Revoke a certificate; a running server stops accepting it at once.",
    )
    .argument("<which>", "a name, a serial number, or a certificate file")
    .option("--reason <text>", "why")
    .addOption(stateDirOption())
    .option("--json", "print the result as JSON")
    .action(async (which: string, flags: RevokeFlags) => {
      await (await import("./revoke.ts")).revoke(which, flags);
    });
}

function rotateCommand(): Command {
  return new Command("rotate")
    .description(
      'Replace the authority of the cluster, step by step; asks the server that has it. "begin" makes the next authority, which is trusted beside the old one; "issue" lets it issue, and members renew their certificates; "end" trusts it alone, or gives it up before "issue".',
    )
    .addArgument(
      new Argument("[step]", "what to do")
        .choices(["status", "begin", "issue", "end"]).default("status"),
    )
    .option("--force", "also when members would be cut off")
    .option("--json", "print what the server sent")
    .option("--addr <host:port>", "the server, or unix:PATH")
    .option("--cacert <file>", "the authority of the server's certificate")
    .option("--cert <file>", "your certificate")
    .option("--key <file>", "its private key")
    .action(async (step: RotateStep, flags: RotateFlags) => {
      await (await import("./rotate.ts")).rotate(step, flags);
    });
}

function stateDirOption(): Option {
  return new Option(
    "--state-dir <dir>",
    "state directory of the server (default: /var/lib/worker, or under ~/.local/state)",
  );
}

function keyTypeOption(): Option {
  // The types as they are in certs/keys.ts, which help must not have to load.
  return new Option("--key-type <type>", "kind of key")
    .choices(["p256", "ed25519", "rsa4096"]).default("p256");
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
