const USING = /(?<=^[ \t]*)(?:await )?using ([\w$]+) =/gm;

/**
 * Code as {@linkcode countDisposals} counts it, in which each `using` declaration survives a
 * minifier.
 *
 * The one of Deno 2.9 (esbuild's) puts the value of a variable that is used once, in the very next
 * statement, into its place, and takes `using` for `const` there: `using file = open(); read(file)`
 * becomes `read(open())`, and nobody closes the file. A function that mentions the variable makes it
 * one that is used twice; the minifier drops that function later on.
 *
 * @param code Not minified: declarations begin a line.
 */
export function keepDisposals(code: string): string {
  return code.replace(
    USING,
    (declaration, name) => `() => ${name};\n${declaration}`,
  );
}

/** Variables that `using` declares in code, minified or not. */
export function countDisposals(code: string): number {
  let count = 0;
  for (const { index } of code.matchAll(/\busing [\w$]+ ?=/g)) {
    count += 1 + furtherNames(code, index);
  }
  return count;
}

/** A minifier joins neighbours: `using a=open(),b=open();` declares one more. */
function furtherNames(code: string, from: number): number {
  let names = 0;
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    const character = code[at]!;
    if ("'\"`".includes(character)) at = endOfText(code, at);
    else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character) && --depth < 0) break;
    else if (depth === 0 && character === ",") names++;
    else if (depth === 0 && character === ";") break;
  }
  return names;
}

/** Where the text that begins at `from` ends. What a template puts in between is skipped with it. */
function endOfText(code: string, from: number): number {
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === "\\") at++;
    else if (code[at] === code[from]) return at;
  }
  return code.length;
}
