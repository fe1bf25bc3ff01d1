import { completionScript } from "../completions.ts";
import { manPages } from "../help/man_page.ts";
import type { Layout } from "./layout.ts";
import { serviceUnit, socketUnit } from "./units.ts";

/** Files of an installation besides the executable and the settings: all are the program's own. */
export async function ownFiles(layout: Layout): Promise<Map<string, string>> {
  const { units, man, completions } = layout;
  const pages = [...await manPages()].map(([name, text]) =>
    [`${man}/${name}`, text] as const
  );
  return new Map([
    [`${units}/worker.service`, serviceUnit(layout)],
    [`${units}/worker.socket`, socketUnit()],
    ...pages,
    [completions.bash, await completionScript("bash")],
    [completions.zsh, await completionScript("zsh")],
    [completions.fish, await completionScript("fish")],
  ]);
}
