import type { JsonSchema, Setting } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

/** A JSON schema (2020-12) of `worker.yaml`, for editors and for whoever writes the file by program. */
export function configSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "worker.yaml",
    description: "Settings of `worker serve`.",
    type: ["object", "null"],
    additionalProperties: false,
    properties: Object.fromEntries(
      SETTING_NAMES.map((name) => [name, schemaOf(SETTINGS[name])]),
    ),
  };
}

function schemaOf(setting: Setting): JsonSchema {
  const restart = setting.reload ? "" : "; takes a restart";
  const description = `${setting.help}: ${setting.expected}${restart}`;
  switch (setting.shape) {
    case "one":
      return { description, ...setting.schema, default: setting.initial };
    case "optional":
      return { description, ...setting.schema, examples: [setting.example] };
    case "list":
      return {
        description,
        anyOf: [setting.schema, { type: "array", items: setting.schema }],
        default: setting.initial,
      };
    case "map":
      return {
        description,
        type: "object",
        additionalProperties: false,
        properties: Object.fromEntries(
          setting.keys.map((key) => [key, setting.schema]),
        ),
      };
  }
}
