import type { OptionSpec } from "./command.ts";

/** What each command completes to. */
export type CompletionTable = readonly {
  name: string;
  summary: string;
  options: readonly OptionSpec[];
  /** Its operands are jobs. */
  takesJob: boolean;
  /** Sub-commands. */
  words: readonly string[];
}[];

const JOB_IDS = "worker ls --quiet 2>/dev/null";

/** A script for bash: `. <(worker completions bash)`. */
export function bashCompletions(table: CompletionTable): string {
  const cases = table.map(({ name, options, words, takesJob }) => {
    const flags = options.map((option) => `--${option.name}`);
    const jobs = takesJob ? ` $(${JOB_IDS})` : "";
    return `    ${name}) words="${[...flags, ...words].join(" ")}${jobs}" ;;`;
  });
  return `${
    [
      "_worker() {",
      '  local current="${COMP_WORDS[COMP_CWORD]}" command="" words word',
      '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
      '    case "$word" in',
      `      ${
        table.map(({ name }) => name).join("|")
      }) command="$word"; break ;;`,
      "    esac",
      "  done",
      '  case "$command" in',
      `    "") words="${table.map(({ name }) => name).join(" ")}" ;;`,
      ...cases,
      "  esac",
      '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
      "}",
      "complete -o default -F _worker worker",
    ].join("\n")
  }\n`;
}

/** A script for zsh: `. <(worker completions zsh)`. */
export function zshCompletions(table: CompletionTable): string {
  const cases = table.map(({ name, options, words, takesJob }) => {
    const flags = options.map((option) =>
      quote(`--${option.name}:${plain(option.help)}`)
    );
    const subs = words.map((word) => quote(word));
    const jobs = takesJob ? ` \${(f)"$(${JOB_IDS})"}` : "";
    return `    ${name}) candidates=(${
      [...flags, ...subs].join(" ")
    }${jobs}) ;;`;
  });
  const commands = table.map(({ name, summary }) =>
    quote(`${name}:${summary}`)
  );
  return `${
    [
      "#compdef worker",
      "_worker() {",
      "  local command word; local -a candidates",
      '  for word in "${(@)words[2,CURRENT-1]}"; do',
      '    case "$word" in',
      `      ${
        table.map(({ name }) => name).join("|")
      }) command="$word"; break ;;`,
      "    esac",
      "  done",
      '  case "$command" in',
      `    "") candidates=(${commands.join(" ")}) ;;`,
      ...cases,
      "  esac",
      "  _describe worker candidates || _files",
      "}",
      "compdef _worker worker",
    ].join("\n")
  }\n`;
}

/** A script for fish: into `~/.config/fish/completions/worker.fish`. */
export function fishCompletions(table: CompletionTable): string {
  const names = table.map(({ name }) => name).join(" ");
  const lines = table.flatMap(({ name, summary, options, words, takesJob }) => {
    const on = `-n "__fish_seen_subcommand_from ${name}"`;
    return [
      `complete -c worker -f -n "not __fish_seen_subcommand_from ${names}" ` +
      `-a ${name} -d ${quote(summary)}`,
      ...options.map((option) =>
        `complete -c worker ${on} -l ${option.name}` +
        (option.short ? ` -s ${option.short}` : "") +
        (option.value ? " -r" : "") + ` -d ${quote(plain(option.help))}`
      ),
      ...words.map((word) => `complete -c worker -f ${on} -a ${word}`),
      ...(takesJob ? [`complete -c worker -f ${on} -a "(${JOB_IDS})"`] : []),
    ];
  });
  return lines.join("\n") + "\n";
}

/** In single quotes, for each of the three shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "")}'`;
}

/** `:` separates in zsh, brackets group. */
function plain(text: string): string {
  return text.replaceAll(/[:[\]]/g, " ").trim();
}
