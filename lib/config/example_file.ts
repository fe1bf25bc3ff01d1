import type { Setting } from "./setting.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";

const HEAD =
  `# Settings of \`worker serve\`, each as it is without this file: take the "#"
# away and change it. Where there is no default, an example is shown.
#
# Flags are stronger than variables (WORKER_SERVE_MAX_JOBS=8), and those are
# stronger than this file. Relative paths begin at its folder. SIGHUP makes a
# running server read it again.
#
# \`worker config check\` says what is wrong, \`worker config print\` what holds.
`;

const WIDTH = 80;

/** A documented `worker.yaml` that changes nothing: every setting, commented out. */
export function exampleFile(): string {
  return [
    HEAD,
    ...SETTING_NAMES.map((name) => {
      const setting: Setting = SETTINGS[name];
      const lines = [...about(setting), ...valueLines(name, setting)];
      return lines.join("\n") + "\n";
    }),
  ].join("\n");
}

function about(setting: Setting): string[] {
  const { help, expected, shape, reload } = setting;
  const several = shape === "list" ? ", or several" : "";
  const facts = [
    `${capital(expected)}${several}.`,
    ...shape === "map" ? [`For ${setting.keys.join(", ")}.`] : [],
    ...shape === "optional" && setting.without !== null
      ? [`Without it: ${setting.without}.`]
      : [],
    ...reload ? [] : ["A change takes a restart."],
  ];
  return [...wrap(`${capital(help)}.`), ...wrap(facts.join(" "))];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function valueLines(name: string, setting: Setting): string[] {
  switch (setting.shape) {
    case "one":
      return [`#${name}: ${setting.initial}`];
    case "optional":
      return [`#${name}: ${setting.example}`];
    case "list": {
      const { initial, example } = setting;
      const values = initial.length > 0 ? initial : [example];
      return [`#${name}:`, ...values.map((one) => `#  - ${one}`)];
    }
    case "map":
      return [
        `#${name}:`,
        `#  ${setting.example.key}: ${setting.example.text}`,
      ];
  }
}

/** A comment of several lines. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
