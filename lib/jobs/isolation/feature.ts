/** What a host may be able to do for a job, each with words for a person. */
export const FEATURES = {
  user: "run as another user",
  rlimits: "set resource limits",
  noNewPrivs: "forbid new privileges",
  privateTmp: "give it a private /tmp",
  privateNetwork: "give it a private network",
  pidNamespace: "give it a PID namespace",
  readOnly: "make the file systems read-only",
} as const;

/** Names of {@linkcode FEATURES}. */
export type IsolationFeature = keyof typeof FEATURES;

/** Whether a feature works here; when not, what is missing and how to get it. */
export type FeatureReport =
  | { ok: true }
  | { ok: false; missing: string; advice: string };
