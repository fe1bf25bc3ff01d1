import { Command } from "commander";
import { exampleFile } from "../lib/config/example_file.ts";
import { configSchema } from "../lib/config/json_schema.ts";
import { loadEffective } from "../lib/config/load_serve_config.ts";
import { describeOrigin } from "../lib/config/origin.ts";
import type { EffectiveSetting } from "../lib/config/effective_setting.ts";
import { ExitError } from "./exit_error.ts";
import { EXIT } from "./exit_codes.ts";
import { printText } from "./print.ts";
import { addServeOptions, flagValues } from "./serve/serve_options.ts";
import { renderTable } from "./render/table.ts";
import { visible } from "./render/visible.ts";

/** `worker config`: what `worker serve` is told, without a server. */
export function configCommand(): Command {
  return new Command("config")
    .description("Check, show and write the configuration of the server.")
    .addCommand(checkCommand())
    .addCommand(printCommand())
    .addCommand(initCommand())
    .addCommand(schemaCommand());
}

function checkCommand(): Command {
  return new Command("check")
    .description(
      "Say everything that is wrong with a configuration file and the environment; without FILE, with the file that the server would read.",
    )
    .argument("[file]", "a configuration file")
    .action(async (file?: string) => {
      const { config } = await loadEffective({
        flags: file === undefined ? {} : { config: [file] },
        env: Deno.env.toObject(),
      });
      await printText(
        config.configFile === null
          ? "no configuration file; the environment is fine\n"
          : `${visible(config.configFile)}: fine\n`,
      );
    });
}

function printCommand(): Command {
  const command = new Command("print").description(
    "Print every setting as it holds, and where it is from. Takes the flags of the server.",
  ).option("--json", "print the result as JSON");
  return addServeOptions(command)
    .action(async (options: Record<string, unknown>) => {
      const { config, effective } = await loadEffective({
        flags: flagValues(options),
        env: Deno.env.toObject(),
      });
      await printText(
        options.json === true
          ? JSON.stringify(jsonOf(config.configFile, effective)) + "\n"
          : renderTable(effective.map(rowOf)),
      );
    });
}

function initCommand(): Command {
  return new Command("init")
    .description(
      "Print a documented configuration file that changes nothing: every setting, commented out.",
    )
    .option("--out <FILE>", "write it there; a file that is there stays")
    .action(async ({ out }: { out?: string }) => {
      if (out === undefined) return await printText(exampleFile());
      await writeNew(out, exampleFile());
    });
}

function schemaCommand(): Command {
  return new Command("schema")
    .description("Print the JSON schema of the configuration file.")
    .action(() => printText(JSON.stringify(configSchema(), null, 2) + "\n"));
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text, { createNew: true, mode: 0o644 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) {
      throw new Error(`cannot write "${path}"`, { cause });
    }
    throw new ExitError(
      EXIT.failed,
      `"${path}" is there already: name another file, or remove it`,
      { cause },
    );
  }
}

function jsonOf(
  file: string | null,
  effective: readonly EffectiveSetting[],
): unknown {
  return {
    file,
    settings: effective.map(({ name, shown, from }) => ({
      name,
      value: shown,
      from,
    })),
  };
}

function rowOf({ name, shown, from }: EffectiveSetting): string[] {
  const text = shown === null
    ? "-"
    : typeof shown === "string"
    ? shown
    : Array.isArray(shown)
    ? shown.join(", ")
    : Object.entries(shown).map(([key, one]) => `${key}=${one}`).join(", ");
  return [name, visible(text) || "-", visible(describeOrigin(from))];
}
