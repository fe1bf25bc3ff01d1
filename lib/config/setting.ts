import type { ServeConfig } from "./serve_config.ts";

/** A JSON schema of one value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What every setting says of itself: flags, variables, keys, help and schemas come from it. */
interface SettingFacts<T> {
  /** What a value is, for help: `SIZE`. */
  readonly value: string;
  /** One line for people. */
  readonly help: string;
  /** What is expected in its place, with an example: `a size such as "256M"`. */
  readonly expected: string;
  /** Whether a running server can take up another value. */
  readonly reload: boolean;
  /** The schema of one value. */
  readonly schema: JsonSchema;
  /**
   * Reads one value; a relative path begins at `folder`.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT`: the value in quotes and what is expected.
   */
  parse(text: string, folder: string): T;
  /**
   * What may be shown of a value that is a text and may be a secret: its text is then in no message,
   * no listing and no argument of a process.
   */
  conceal?(value: string): string;
  /** The value in a configuration. */
  of(config: ServeConfig): unknown;
}

/** A single value with a default. */
export interface OneSetting<T> extends SettingFacts<T> {
  readonly shape: "one";
  /** The default, as it could be written. */
  readonly initial: string;
}

/** A single value that may be absent. */
export interface OptionalSetting<T> extends SettingFacts<T> {
  readonly shape: "optional";
  /** What holds without it, in words; null when nothing does. */
  readonly without: string | null;
  /** As it could be written. */
  readonly example: string;
}

/** Several values; what one source gives replaces what another one does. */
export interface ListSetting<T> extends SettingFacts<T> {
  readonly shape: "list";
  readonly initial: readonly string[];
  /** One value as it could be written. */
  readonly example: string;
  /** A text may be several values with commas between, and one that is there twice is there once. */
  readonly commas?: true;
}

/** Values by key, all absent at first. */
export interface MapSetting<T> extends SettingFacts<T> {
  readonly shape: "map";
  /** The keys that there are, and what one is called. */
  readonly keys: readonly string[];
  readonly keyName: string;
  readonly example: { readonly key: string; readonly text: string };
}

/** One setting of `worker serve`. */
export type Setting<T = unknown> =
  | OneSetting<T>
  | OptionalSetting<T>
  | ListSetting<T>
  | MapSetting<T>;

/** What a setting's values are, read. */
export type ValueOf<S> = S extends OneSetting<infer T> ? T
  : S extends OptionalSetting<infer T> ? T | null
  : S extends ListSetting<infer T> ? readonly T[]
  : S extends MapSetting<infer T> ? Readonly<Record<string, T>>
  : never;

export const one = <T>(
  setting: Omit<OneSetting<T>, "shape">,
): OneSetting<T> => ({ shape: "one", ...setting });

export const optional = <T>(
  setting: Omit<OptionalSetting<T>, "shape">,
): OptionalSetting<T> => ({ shape: "optional", ...setting });

export const list = <T>(
  setting: Omit<ListSetting<T>, "shape">,
): ListSetting<T> => ({ shape: "list", ...setting });

export const map = <T>(
  setting: Omit<MapSetting<T>, "shape">,
): MapSetting<T> => ({ shape: "map", ...setting });
