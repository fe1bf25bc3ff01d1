const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch of an RFC 3339 time; NaN when the text is none. */
export function parseRfc3339(text: string): number {
  return RFC3339.test(text) && isDay(text.slice(0, 10))
    ? Date.parse(text)
    : NaN;
}

/** `Date.parse` takes February 30 for March 2. */
function isDay(date: string): boolean {
  const at = Date.parse(date);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}
