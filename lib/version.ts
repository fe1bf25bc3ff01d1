/**
 * The version of this program, e.g. `0.1.0` or `0.1.0+4bb18a25dc48`. The build puts the real one in
 * the place of this literal; it stays when the program runs from its sources.
 */
export const VERSION: string = "0.0.0-source";
