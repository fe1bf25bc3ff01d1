import type { Argument, Command, Option } from "commander";
import type { OptionSpec } from "../command.ts";
import type { CommandPage, Operand } from "./command_page.ts";
import { HELP_OPTION } from "../global_options.ts";

/** What a command that commander parses says of itself, and its sub-commands below it. */
export function pageOfCommander(
  command: Command,
  above: readonly string[] = [],
): CommandPage {
  const words = [...above, command.name()];
  const details = command.description();
  return {
    words,
    summary: command.summary() || firstSentence(details),
    details,
    operands: command.registeredArguments.map(operandOf),
    options: [
      ...command.options.filter((option) => !option.hidden).map(optionOf),
      HELP_OPTION,
    ],
    passThrough: false,
    connects: false,
    commands: command.commands.map((one) => pageOfCommander(one, words)),
  };
}

function operandOf(argument: Argument): Operand {
  return {
    name: argument.argChoices?.join("|") ?? argument.name().toUpperCase(),
    help: argument.description,
    optional: !argument.required,
    repeat: argument.variadic,
  };
}

function optionOf(option: Option): OptionSpec {
  const value = /<(.+?)>|\[(.+?)\]/.exec(option.flags);
  const given = option.defaultValue;
  return {
    name: option.long!.replace(/^--/, ""),
    ...option.short && { short: option.short.slice(1) },
    ...value && { value: (value[1] ?? value[2]!).toUpperCase() },
    ...(option.variadic || Array.isArray(given)) && { repeat: true },
    ...option.argChoices && { choices: option.argChoices },
    ...["string", "number"].includes(typeof given) && {
      default: String(given),
    },
    help: option.description,
  };
}

/** As summaries are: a few words that begin in lower case. */
function firstSentence(text: string): string {
  const sentence = text.replace(/[.:;]\s.*$/s, "").replace(/\.$/, "");
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
