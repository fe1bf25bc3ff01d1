/** Where an installation puts its files; absolute, without the staging root. */
export interface Layout {
  executable: string;
  /** Settings of the server. */
  config: string;
  stateDir: string;
  /** Folder of systemd's units. */
  units: string;
  man: string;
  completions: Readonly<Record<"bash" | "zsh" | "fish", string>>;
}

/** Prefixes below which systemd looks for units by itself. */
const UNIT_PREFIXES: readonly string[] = ["/usr", "/usr/local"];

/** @param prefix An absolute path, `/usr/local`. */
export function layoutOf(prefix: string): Layout {
  const share = `${prefix}/share`;
  return {
    executable: `${prefix}/bin/worker`,
    config: "/etc/worker/worker.yaml",
    stateDir: "/var/lib/worker",
    units: UNIT_PREFIXES.includes(prefix)
      ? `${prefix}/lib/systemd/system`
      : "/etc/systemd/system",
    man: `${share}/man/man1`,
    completions: {
      bash: `${share}/bash-completion/completions/worker`,
      zsh: `${share}/zsh/site-functions/_worker`,
      fish: `${share}/fish/vendor_completions.d/worker.fish`,
    },
  };
}
