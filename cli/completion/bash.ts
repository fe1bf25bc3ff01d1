import {
  candidatesByPlace,
  type CompletionRow,
  LIST_JOBS,
  LIST_NODES,
  quoted,
} from "./table.ts";

/** A script for bash 4 and later: `. <(worker completions bash)`. */
export function bashCompletions(table: readonly CompletionRow[]): string {
  const map = (name: string, entries: readonly [string, string][]) => [
    `declare -gA ${name}=(`,
    ...entries.map(([key, value]) => `  [${quoted(key)}]=${quoted(value)}`),
    ")",
  ];
  return [
    "# Completions of worker for bash.",
    ...map(
      "_worker_commands",
      table.map(({ place, commands }) => [
        place,
        commands.map(({ name }) => name).join(" "),
      ]),
    ),
    ...map(
      "_worker_options",
      table.map(({ place, options }) => [
        place,
        options.map(({ name }) => name).join(" "),
      ]),
    ),
    ...map("_worker_candidates", candidatesByPlace(table)),
    FUNCTIONS,
  ].join("\n");
}

const FUNCTIONS = String.raw`_worker_offer() { # CANDIDATES CURRENT
  case "$1" in
    @files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
    @folders) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
    @programs) COMPREPLY=($(compgen -c -- "$2")) ;;
    @jobs) COMPREPLY=($(compgen -W "$(${LIST_JOBS})" -- "$2")) ;;
    @nodes) COMPREPLY=($(compgen -W "$(${LIST_NODES})" -- "$2")) ;;
    @nothing | "") COMPREPLY=() ;;
    *) COMPREPLY=($(compgen -W "$1" -- "$2")) ;;
  esac
}
_worker() {
  local IFS=$' \t\n' current="${"$"}{COMP_WORDS[COMP_CWORD]}" place=worker option="" word at
  local -i operands=0
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="${"$"}{COMP_WORDS[at]}"
    # bash splits words at "=".
    if [[ $word == "=" ]]; then [[ -n $option ]] || at+=1; continue; fi
    if [[ -n $option ]]; then option=""; continue; fi
    case "$word" in
      -*) [[ -n ${"$"}{_worker_candidates[$place $word]+set} ]] && option="$word" ;;
      *)
        if [[ " ${"$"}{_worker_commands[$place]} " == *" $word "* ]]; then
          place="$place $word"
        elif [[ -n ${"$"}{_worker_candidates[$place +]+set} ]]; then
          compopt -o default 2>/dev/null
          COMPREPLY=()
          return
        else
          operands+=1
        fi
        ;;
    esac
  done
  [[ $current == "=" ]] && current=""
  if [[ -n $option ]]; then
    _worker_offer "${"$"}{_worker_candidates[$place $option]}" "$current"
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "${"$"}{_worker_options[$place]}" -- "$current"))
  elif [[ -n ${"$"}{_worker_commands[$place]} ]]; then
    COMPREPLY=($(compgen -W "${"$"}{_worker_commands[$place]}" -- "$current"))
  else
    _worker_offer "${"$"}{_worker_candidates[$place $operands]-${"$"}{_worker_candidates[$place *]-}}" "$current"
  fi
}
complete -F _worker worker
`;
