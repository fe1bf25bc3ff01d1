/** What a check of `worker doctor` found. */
export interface Finding {
  check: string;
  level: "ok" | "warn" | "fail";
  found: string;
  /** What to do about it. */
  advice: string | null;
}

/** A finding; without advice there is nothing to do. */
export function finding(
  level: Finding["level"],
  { check, found, advice = null }: {
    check: string;
    found: string;
    advice?: string | null;
  },
): Finding {
  return { check, level, found, advice };
}
