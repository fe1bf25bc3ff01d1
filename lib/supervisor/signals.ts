/** What to do on which signal. */
export type SignalHandlers = Partial<Record<Deno.Signal, () => void>>;

/** Handles signals until what this gives is disposed. */
export function onSignals(handlers: SignalHandlers): Disposable {
  const stack = new DisposableStack();
  for (const [name, handle] of Object.entries(handlers)) {
    const signal = name as Deno.Signal;
    Deno.addSignalListener(signal, handle);
    stack.defer(() => Deno.removeSignalListener(signal, handle));
  }
  return stack;
}
