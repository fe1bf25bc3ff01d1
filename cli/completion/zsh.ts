import {
  candidatesByPlace,
  type CompletionRow,
  LIST_JOBS,
  LIST_NODES,
  quoted,
} from "./table.ts";

/** A script for zsh: `. <(worker completions zsh)`, or as `_worker` in a folder of `$fpath`. */
export function zshCompletions(table: readonly CompletionRow[]): string {
  const map = (name: string, entries: readonly [string, string][]) => [
    `typeset -gA ${name}`,
    `${name}=(`,
    ...entries.map(([key, value]) => `  ${quoted(key)} ${value}`),
    ")",
  ];
  return [
    "#compdef worker",
    "# Completions of worker for zsh.",
    ...map(
      "_worker_commands",
      table.map(({ place, commands }) => [
        place,
        lines(commands.map(({ name, summary }) => [name, summary])),
      ]),
    ),
    ...map(
      "_worker_options",
      table.map(({ place, options }) => [
        place,
        lines(options.map(({ name, help }) => [name, help])),
      ]),
    ),
    ...map(
      "_worker_candidates",
      candidatesByPlace(table).map(([key, value]) => [key, quoted(value)]),
    ),
    FUNCTIONS,
  ].join("\n");
}

/** `name:description` a line, in `$'…'`. */
function lines(entries: readonly [string, string][]): string {
  const text = entries.map(([name, help]) =>
    `${name}:${quoted(help).slice(1, -1).replaceAll("\\", "")}`
  );
  return `$'${text.join("\\n")}'`;
}

const FUNCTIONS = String.raw`_worker_offer() { # CANDIDATES
  local -a found
  case $1 in
    @files) _files ;;
    @folders) _files -/ ;;
    @programs) _command_names -e ;;
    @jobs) found=(${"$"}{(f)"$(${LIST_JOBS})"}); compadd -a found ;;
    @nodes) found=(${"$"}{(f)"$(${LIST_NODES})"}); compadd -a found ;;
    @nothing|'') ;;
    *) found=(${"$"}{=1}); compadd -a found ;;
  esac
}
_worker() {
  local place=worker option='' word
  local -i operands=0
  local -a found
  for word in "${"$"}{(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then option=''; continue; fi
    case $word in
      --*=*) ;;
      -*) (( ${"$"}{+_worker_candidates[$place $word]} )) && option=$word ;;
      *)
        if [[ $'\n'${"$"}{_worker_commands[$place]} == *$'\n'$word:* ]]; then
          place="$place $word"
        elif (( ${"$"}{+_worker_candidates[$place +]} )); then
          _files
          return
        else
          operands+=1
        fi
        ;;
    esac
  done
  if [[ -z $option && $words[CURRENT] == --*=* ]]; then
    option=${"$"}{words[CURRENT]%%=*}
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    _worker_offer "${"$"}{_worker_candidates[$place $option]}"
  elif [[ $words[CURRENT] == -* ]]; then
    found=("${"$"}{(@f)_worker_options[$place]}")
    _describe -o option found
  elif [[ -n ${"$"}{_worker_commands[$place]} ]]; then
    found=("${"$"}{(@f)_worker_commands[$place]}")
    _describe command found
  elif (( ${"$"}{+_worker_candidates[$place $operands]} )); then
    _worker_offer "${"$"}{_worker_candidates[$place $operands]}"
  else
    _worker_offer "${"$"}{_worker_candidates[$place *]}"
  fi
}
if [[ $funcstack[1] == _worker ]]; then _worker "$@"; else compdef _worker worker; fi
`;
