import {
  candidatesByPlace,
  type CompletionRow,
  LIST_JOBS,
  LIST_NODES,
  quoted,
} from "./table.ts";

/** A script for fish 3: into `~/.config/fish/completions/worker.fish`. */
export function fishCompletions(table: readonly CompletionRow[]): string {
  return [
    "# Completions of worker for fish.",
    "function __worker_commands # PLACE",
    "  switch $argv[1]",
    ...table.filter(({ commands }) => commands.length > 0).flatMap((
      { place, commands },
    ) => [
      `    case ${quoted(place)}`,
      printed(commands.map(({ name, summary }) => [name, summary])),
    ]),
    "  end",
    "end",
    "function __worker_options # PLACE",
    "  switch $argv[1]",
    ...table.flatMap(({ place, options }) => [
      `    case ${quoted(place)}`,
      printed(options.map(({ name, help }) => [name, help])),
    ]),
    "  end",
    "end",
    "function __worker_candidates # PLACE AND OPTION OR NUMBER",
    "  switch $argv[1]",
    ...candidatesByPlace(table).flatMap(([key, value]) => [
      `    case ${quoted(key.replace(/\*$/, "\\*"))}`,
      `      string split ' ' -- ${quoted(value)}`,
    ]),
    "  end",
    "end",
    FUNCTIONS,
  ].join("\n");
}

function printed(entries: readonly [string, string][]): string {
  const lines = entries.map(([name, help]) => `${name}\t${help}`);
  // quoted() makes one line of a text, and tabs are wanted here.
  const words = lines.map((line) =>
    quoted(line.replaceAll("\t", "\u0000")).replaceAll("\u0000", "\t")
  );
  return `      printf '%s\\n' ${words.join(" ")}`;
}

const FUNCTIONS = String.raw`function __worker_offer # CURRENT CANDIDATES...
  set -l current $argv[1]
  switch "$argv[2]"
    case @files
      __fish_complete_path $current
    case @folders
      __fish_complete_directories $current ''
    case @programs
      __fish_complete_command
    case @jobs
      ${LIST_JOBS}
    case @nodes
      ${LIST_NODES}
    case @nothing ''
    case '*'
      printf '%s\n' $argv[2..-1]
  end
end
function __worker_complete
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -l place worker
  set -l option ''
  set -l operands 0
  for word in $words[2..-1]
    if test -n "$option"
      set option ''
      continue
    end
    switch $word
      case '--*=*'
      case '-*'
        test -n "$(__worker_candidates "$place $word")"; and set option $word
      case '*'
        if contains -- $word (__worker_commands $place | string replace -r '\t.*' '')
          set place "$place $word"
        else if test -n "$(__worker_candidates "$place +")"
          __fish_complete_path $current
          return
        else
          set operands (math $operands + 1)
        end
    end
  end
  if test -n "$option"
    __worker_offer "$current" (__worker_candidates "$place $option")
  else if string match -q -- '--*=*' "$current"
    set -l parts (string split -m 1 = -- $current)
    for value in (__worker_offer "$parts[2]" (__worker_candidates "$place $parts[1]"))
      echo "$parts[1]=$value"
    end
  else if string match -q -- '-*' "$current"
    __worker_options $place
  else if test -n "$(__worker_commands $place)"
    __worker_commands $place
  else
    set -l candidates (__worker_candidates "$place $operands")
    test -n "$candidates"; or set candidates (__worker_candidates "$place *")
    __worker_offer "$current" $candidates
  end
end
complete -c worker -e
complete -c worker -f -a '(__worker_complete)'
`;
