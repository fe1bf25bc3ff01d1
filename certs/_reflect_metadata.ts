/**
 * `@peculiar/x509` resolves its algorithms through tsyringe, which refuses to load without the
 * three metadata functions of a polyfill. These are the three, in place of a dependency; a
 * polyfill that is already there stays.
 *
 * @module
 */

type MetadataReflect = {
  getMetadata?(key: unknown, target: object): unknown;
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
};

const reflect = Reflect as MetadataReflect;

if (reflect.getMetadata === undefined) {
  const all = new WeakMap<object, Map<unknown, unknown>>();

  reflect.defineMetadata = (key, value, target) => {
    const own = all.get(target) ?? new Map<unknown, unknown>();
    all.set(target, own.set(key, value));
  };
  reflect.getOwnMetadata = (key, target) => all.get(target)?.get(key);
  reflect.getMetadata = (key, target) => {
    for (
      let at: object | null = target;
      at;
      at = Object.getPrototypeOf(at)
    ) {
      if (all.get(at)?.has(key)) return all.get(at)!.get(key);
    }
    return undefined;
  };
}
