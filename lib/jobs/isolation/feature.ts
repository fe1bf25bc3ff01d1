/** What a host may be able to do for a job, each with words for a person. */
export const FEATURES = {
  user: "run a job as another user",
  rlimits: "set resource limits of a job",
  noNewPrivs: "forbid a job new privileges",
  privateTmp: "give a job a private /tmp",
  privateNetwork: "give a job a private network",
  pidNamespace: "give a job a PID namespace",
  readOnly: "make the file systems read-only for a job",
} as const;

/** Names of {@linkcode FEATURES}. */
export type IsolationFeature = keyof typeof FEATURES;

/** Whether a feature works here; when not, what is missing and how to get it. */
export type FeatureReport =
  | { ok: true }
  | { ok: false; missing: string; advice: string };
