/*
 * Without a schema library: a command line is read with these, too.
 */

/** A member's name: it becomes a host name, a part of a URI and a column of a table. */
export const MEMBER_NAME_PATTERN =
  /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;

/** The key of a label. */
export const LABEL_KEY_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;

/** The value of a label. */
export const LABEL_VALUE_PATTERN = /^[\w.:@/+-]{0,128}$/;

/** How many labels a member may have. */
export const MAX_LABELS = 64;

/** Why a text can't be the name of a member, with what to do; null when it can. */
export function memberNameProblem(text: string): string | null {
  if (MEMBER_NAME_PATTERN.test(text)) return null;
  return `"${text}" can't be the name of a member: use at most 64 letters, digits, ".", "-" and "_"`;
}

/** Why a text can't be the key of a label, with what to do; null when it can. */
export function labelKeyProblem(text: string): string | null {
  if (LABEL_KEY_PATTERN.test(text)) return null;
  return `"${text}" can't be a label: begin with a letter or digit and use ".", "-", "_" and "/" besides`;
}

/** Why a text can't be the value of a label, with what to do; null when it can. */
export function labelValueProblem(text: string): string | null {
  if (LABEL_VALUE_PATTERN.test(text)) return null;
  return `"${text}" can't be the value of a label: use at most 128 letters, digits and "._:@/+-"`;
}
