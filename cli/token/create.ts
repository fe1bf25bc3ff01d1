import { JOINING_KINDS, type MemberKind } from "../../lib/api/cluster.ts";
import {
  ClusterClient,
  type TokenWishes,
} from "../../lib/client/cluster_client.ts";
import {
  type CommandSpec,
  hasFlag,
  JSON_OPTION,
  type ParsedArguments,
  valueOf,
  valuesOf,
} from "../command.ts";
import { connectToServer } from "../connect.ts";
import { countOf } from "../render/count.ts";
import { EXIT } from "../exit_codes.ts";
import { UsageError } from "../exit_error.ts";
import { printHint, printText } from "../print.ts";
import { joinCommand, missingFromCommand } from "./join_command.ts";
import { serverAddresses } from "./server_addresses.ts";

export const command: CommandSpec = {
  name: "token create",
  summary: "make a token for hosts to join with",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    {
      name: "roles",
      value: "ROLES",
      help: "what may join: node, proxy, or node,proxy",
      default: "node",
    },
    {
      name: "label",
      value: "PATTERN",
      repeat: true,
      help: "a label that may be claimed, as env=prod or env=*; any by default",
    },
    {
      name: "host",
      value: "NAME",
      repeat: true,
      help: "a name or address that may be certified; *.example for many",
    },
    { name: "ttl", value: "DURATION", help: "how long it is good; 30m" },
    { name: "uses", value: "N", help: "how many hosts may join with it; 1" },
    {
      name: "addr-for",
      value: "HOST:PORT",
      repeat: true,
      help: "how the new host reaches the cluster; by default as others do",
    },
    JSON_OPTION,
  ],
  details:
    "Prints the token and the whole command for the new host, with the pin by which\n" +
    "it knows the cluster's authority. The token is a secret and is told only now.",
  async run(typed) {
    const wishes = tokenWishes(typed);
    using connection = await connectToServer(typed);
    const { transport } = connection;
    const client = new ClusterClient(transport);
    const given = valuesOf(typed, "addr-for");
    const addresses = given.length > 0
      ? given
      : await serverAddresses(client, transport.address);
    const { value: created } = await client.createToken(wishes);
    const command = joinCommand(created, addresses);
    if (hasFlag(typed, "json")) {
      const { caPins: [caPin] } = created;
      await printText(JSON.stringify({ ...created, caPin, command }) + "\n");
      return EXIT.ok;
    }
    await printText(`${created.token}\n`);
    await printHint(
      `good until ${created.expiresAt}; on the new host, as root:`,
    );
    await printText(`${command}\n`);
    const missing = missingFromCommand(created);
    if (missing !== null) await printHint(missing);
    return EXIT.ok;
  },
};

function tokenWishes(typed: ParsedArguments): TokenWishes {
  const labels = valuesOf(typed, "label");
  const hosts = valuesOf(typed, "host");
  const ttl = valueOf(typed, "ttl");
  const uses = countOf(typed, "uses", { min: 1 });
  return {
    roles: rolesOf(valueOf(typed, "roles") ?? "node"),
    ...(labels.length > 0 && { labels: [...labels] }),
    ...(hosts.length > 0 && { hosts: [...hosts] }),
    // The server knows what is a duration.
    ...(ttl !== undefined && { ttl }),
    ...(uses !== undefined && { uses }),
  };
}

function rolesOf(text: string): MemberKind[] {
  return text.split(",").map((word) => {
    const role = JOINING_KINDS.find((kind) => kind === word.trim());
    if (role !== undefined) return role;
    throw new UsageError(
      `"${word}" is not a role to join with: --roles takes ${
        JOINING_KINDS.join(", ")
      }`,
    );
  });
}
