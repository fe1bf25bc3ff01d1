/** What of a service its place in the order is found by. */
export interface Dependent {
  readonly name: string;
  readonly needs?: readonly string[];
}

/**
 * Names on the way from `service` back to itself, e.g. `["a", "b", "a"]`; null when there is none.
 * Names that nobody has registered yet lead nowhere.
 */
export function findCycle(
  service: Dependent,
  others: ReadonlyMap<string, Dependent>,
): string[] | null {
  const seen = new Set<string>();
  const walk = (at: Dependent, path: string[]): string[] | null => {
    for (const name of at.needs ?? []) {
      if (name === service.name) return [...path, name];
      const next = others.get(name);
      if (!next || seen.has(name)) continue;
      seen.add(name);
      const cycle = walk(next, [...path, name]);
      if (cycle) return cycle;
    }
    return null;
  };
  return walk(service, [service.name]);
}

/** Names that a service needs and that nobody has registered. */
export function findMissing(
  service: Dependent,
  others: ReadonlyMap<string, Dependent>,
): string[] {
  return (service.needs ?? []).filter((name) => !others.has(name));
}
