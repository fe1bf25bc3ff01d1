import { runCommand } from "../helpers/command.ts";

/** Whether a program is on this host. */
export function hasProgram(name: string): boolean {
  try {
    return new Deno.Command("/bin/sh", {
      args: ["-c", `command -v "$0" >/dev/null`, name],
    }).outputSync().success;
  } catch {
    return false;
  }
}

/** A folder with the script of a shell, two files, and a `worker` that knows two jobs. */
export interface ShellFolder extends AsyncDisposable {
  path: string;
  env: Record<string, string>;
}

const JOBS = `#!/bin/sh
case $1 in
  nodes) echo web-1; echo web-2 ;;
  *) echo 01jobone; echo 02jobtwo ;;
esac
`;

export async function shellFolder(script: string): Promise<ShellFolder> {
  const path = await Deno.makeTempDir({ prefix: "worker-shell-" });
  await Deno.mkdir(`${path}/bin`);
  await Deno.mkdir(`${path}/here/folder`, { recursive: true });
  await Deno.writeTextFile(`${path}/here/file.crt`, "");
  await Deno.writeTextFile(`${path}/bin/worker`, JOBS, { mode: 0o755 });
  await Deno.writeTextFile(`${path}/script`, script);
  return {
    path,
    env: {
      PATH: `${path}/bin:/usr/bin:/bin`,
      HOME: path,
      ZDOTDIR: path,
      XDG_CONFIG_HOME: path,
      XDG_DATA_HOME: path,
    },
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Completes the last word of `line` in a real shell; the words it offers, sorted. */
export type Complete = (
  line: string,
  folder: ShellFolder,
) => Promise<string[]>;

async function lines(words: string[], { path, env }: ShellFolder) {
  const { code, stdout, stderr } = await runCommand(words, {
    env,
    cwd: `${path}/here`,
  });
  if (code !== 0) throw new Error(`${words[0]} ended with ${code}: ${stderr}`);
  return stdout.split("\n").filter(Boolean).sort();
}

/** bash's own way: the words as readline splits them, `=` apart. */
const BASH = `
. "$0"
words=()
for word in $1; do
  case $word in
    --*=*) words+=("\${word%%=*}" "=" "\${word#*=}") ;;
    *) words+=("$word") ;;
  esac
done
[[ $1 == *" " ]] && words+=("")
COMP_WORDS=("\${words[@]}") COMP_CWORD=$((\${#words[@]} - 1))
$(complete -p worker | sed 's/.*-F \\([^ ]*\\).*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"
`;

export const completeInBash: Complete = (line, folder) =>
  lines(["bash", "--norc", "-c", BASH, `${folder.path}/script`, line], folder);

export const completeInFish: Complete = async (line, folder) => {
  const program = 'source $argv[1]; complete -C "$argv[2]"';
  const words = ["fish", "--no-config", "-c", program];
  const found = await lines(
    [...words, `${folder.path}/script`, line],
    folder,
  );
  return found.map((each) => each.replace(/\t.*/, ""));
};

/** zsh completes only where somebody types, so it is typed at a terminal of its own. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
expect() { local text; zpty -r -m shell text "*$1*" || exit 1; print -r -- "$text"; }
zpty -w shell "PS1= PS2=; setopt no_prompt_cr no_beep; autoload -Uz compinit; compinit -u -D; . $1; cd $2; print rea''dy"
expect ready >/dev/null
zpty -w shell 'compadd() {
  local -a hits_
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O hits_ "$@"
  (( $#hits_ )) && print -rl -- "<"\${^IPREFIX}\${^hits_}">"
  builtin compadd "$@"
}
done-completing() { zle complete-word; print "fin""ished"; }
zle -N done-completing
bindkey "^I" done-completing
print rea""dy'
expect ready >/dev/null
zpty -w -n shell "$3"$'\\t'
expect finished
zpty -d shell
`;

export const completeInZsh: Complete = async (line, folder) => {
  const { path } = folder;
  const words = ["zsh", "-f", "-c", ZSH, "zsh", `${path}/script`];
  const found = await lines([...words, `${path}/here`, line], folder);
  const offered = found.flatMap((text) => {
    const word = /<(.*)>/.exec(text)?.[1];
    return word === undefined ? [] : [word];
  });
  // It asks more than once.
  return [...new Set(offered)].sort();
};
