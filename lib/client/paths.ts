/** The path of a job, or of one of its sub-resources. Ids are escaped: they may come from a user. */
export function jobPath(
  id: string,
  below?: "stop" | "signal" | "pause" | "resume" | "input" | "output",
): string {
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  return below === undefined ? path : `${path}/${below}`;
}

type QueryValue = string | number | boolean | string[] | undefined;

/** A query string with its `?`; what is undefined is left out, an array repeats its name. */
export function queryOf(values: Record<string, QueryValue>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      query.append(name, String(one));
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
