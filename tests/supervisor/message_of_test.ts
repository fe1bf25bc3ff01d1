import { deepStrictEqual } from "node:assert/strict";
import { messageOf } from "../../lib/supervisor/message_of.ts";

Deno.test("messageOf() finds words for whatever was thrown", () => {
  deepStrictEqual(
    [new Error("broken"), "text", undefined, { code: 7 }, Object.create(null)]
      .map(messageOf),
    [
      "broken",
      "text",
      "undefined",
      "{ code: 7 }",
      "[Object: null prototype] {}",
    ],
  );
});
