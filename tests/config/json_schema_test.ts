import { deepEqual, equal, ok } from "node:assert/strict";
import { parse } from "yaml";
import { z } from "zod";
import { exampleFile } from "../../lib/config/example_file.ts";
import { configSchema } from "../../lib/config/json_schema.ts";
import { SETTING_NAMES } from "../../lib/config/settings.ts";
import { EACH_SETTING } from "./each_setting.ts";

/** Whether a document is valid by the schema, as another reader of it sees that. */
function accepts(document: unknown): boolean {
  const schema = z.fromJSONSchema(
    configSchema() as Parameters<typeof z.fromJSONSchema>[0],
  );
  return schema.safeParse(document).success;
}

Deno.test("configSchema() knows every setting", () => {
  deepEqual(Object.keys(configSchema().properties as object), SETTING_NAMES);
});

Deno.test("configSchema() accepts the example file, as it is and with every setting", () => {
  ok(accepts(parse(exampleFile())));
  ok(accepts(parse(exampleFile().replaceAll(/^#(?! \S|$)/gm, ""))));
});

Deno.test("configSchema() accepts what each setting takes", () => {
  for (const { name, yaml } of EACH_SETTING) {
    ok(accepts(parse(yaml)), `${name}: ${JSON.stringify(parse(yaml))}`);
  }
});

Deno.test("configSchema() refuses what is refused", () => {
  const wrong: unknown[] = [
    [],
    { "max-job": 8 },
    { "max-jobs": 0 },
    { "max-jobs": "0" },
    { keep: 7 },
    { keep: "long" },
    { reserve: "much" },
    { host: [["a"]] },
    { "state-dir": 8 },
    { roles: "auth,nodes" },
    { label: "env" },
    { "proxy-generation": -1 },
    { "log-level": "loud" },
    { "log-levels": { lisener: "debug" } },
  ];
  for (const document of wrong) {
    equal(accepts(document), false, JSON.stringify(document));
  }
});
