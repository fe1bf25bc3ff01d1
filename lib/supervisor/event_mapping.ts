/** Makes one event of several, see {@linkcode EventBus.map}. */
export type EventMapping<
  E extends object,
  In extends keyof E,
  Out extends keyof E,
> =
  & {
    /** Names that all have to be seen; none is seen at once. */
    in: readonly In[];
    /** The name that is broadcast then. */
    out: Out;
  }
  & (Record<never, never> extends E[Out]
    /** What `out` carries. @default {() => ({})} */
    ? { payload?: () => E[Out] }
    : { payload: () => E[Out] });
