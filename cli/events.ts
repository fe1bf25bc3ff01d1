import {
  AUDIT_RESULTS,
  type AuditEvent,
  type AuditResult,
} from "../lib/api/audit_event.ts";
import {
  type EventsQuery,
  followEvents,
  readEvents,
} from "../lib/client/events.ts";
import {
  type CommandSpec,
  hasFlag,
  JSON_OPTION,
  type ParsedArguments,
  valueOf,
} from "./command.ts";
import { connect, type Connection } from "./connect.ts";
import { countOf } from "./render/count.ts";
import { EXIT } from "./exit_codes.ts";
import { UsageError } from "./exit_error.ts";
import { NODE_OPTION } from "./global_options.ts";
import { printHint, printText } from "./print.ts";
import { EventTable } from "./render/render_events.ts";
import { terminalWidth } from "./terminal.ts";

const DEFAULT_LIMIT = 100;

export const command: CommandSpec = {
  name: "events",
  summary: "who did what: the audit log",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    { name: "follow", short: "f", help: "go on with what comes" },
    {
      name: "since",
      value: "WHEN",
      help: "from then on: a time, or `1h` for an hour ago",
    },
    {
      name: "limit",
      short: "n",
      value: "N",
      help: `the last N [${DEFAULT_LIMIT}; all with --since]`,
    },
    { name: "actor", value: "NAME", help: "of this user" },
    { name: "action", value: "ACTION", help: "such as `job.stop`" },
    { name: "result", value: AUDIT_RESULTS.join("|"), help: "of this result" },
    NODE_OPTION,
    { ...JSON_OPTION, help: "print NDJSON records as the server sent them" },
  ],
  details:
    "For administrators. Every call that changed something or was refused something,\n" +
    "oldest first. With -f it goes on, also through a broken connection, until it is\n" +
    "interrupted.",
  async run(typed) {
    const query = eventsQuery(typed);
    using connection = await connect(typed);
    const print = hasFlag(typed, "json") ? printJson : printTable();
    for await (const event of eventsOf(connection, query, typed)) {
      await print(event);
    }
    return EXIT.ok;
  },
};

function eventsOf(
  { transport }: Connection,
  query: EventsQuery,
  typed: ParsedArguments,
): AsyncIterable<AuditEvent> {
  if (!hasFlag(typed, "follow")) return readEvents(transport, query);
  let told = 0;
  return followEvents(transport, query, {
    retrying: () => {
      // One hint is enough.
      if (told++ > 0) return;
      void printHint(
        `the connection to "${transport.address}" broke; resuming`,
      );
    },
  });
}

function printJson(event: AuditEvent): Promise<void> {
  return printText(JSON.stringify(event) + "\n");
}

function printTable(): (event: AuditEvent) => Promise<void> {
  const table = new EventTable({ width: terminalWidth() });
  return (event) => printText(table.add(event));
}

function eventsQuery(typed: ParsedArguments): EventsQuery {
  const since = valueOf(typed, "since");
  const actor = valueOf(typed, "actor");
  const action = valueOf(typed, "action");
  const result = valueOf(typed, "result");
  if (result !== undefined && !isResult(result)) {
    throw new UsageError(
      `"${result}" is not a result: it is one of ${AUDIT_RESULTS.join(", ")}`,
    );
  }
  const limit = countOf(typed, "limit") ??
    (since === undefined ? DEFAULT_LIMIT : null);
  return {
    // The server knows what is a time.
    ...(since !== undefined && { since }),
    ...(limit !== null && { limit }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(result !== undefined && { result }),
  };
}

function isResult(text: string): text is AuditResult {
  return AUDIT_RESULTS.some((one) => one === text);
}
