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

/** `using` declarations in code, minified or not. */
export function countDisposals(code: string): number {
  return code.match(/\busing [\w$]+ ?=/g)?.length ?? 0;
}
