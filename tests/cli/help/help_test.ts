import { deepEqual, match } from "node:assert/strict";
import {
  type CommandPage,
  programPage,
} from "../../../cli/help/command_page.ts";
import { helpText, pageText } from "../../../cli/help/help.ts";

function everyPage(page: CommandPage): CommandPage[] {
  return [page, ...page.commands.flatMap(everyPage)];
}

// Made before any test, for the sanitizers: modules of commands load the C library once and for all.
const program = await programPage();

Deno.test("pageText() has lines of at most 80 columns, whatever the command", () => {
  const pages = program.commands.flatMap(everyPage);
  const long = pages.flatMap((page) =>
    pageText(page).split("\n").filter((line) => line.length > 80)
  );
  deepEqual(long, []);
});

Deno.test("helpText() tells of a command below another one", async () => {
  match(
    await helpText(["token", "create"]),
    /^worker token create \[options\]: /,
  );
  match(await helpText(["token"]), /\n {2}rm ID… +end tokens\n/);
});
