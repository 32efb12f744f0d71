/** Job: deep equality as Node's assert and util define it, strict and loose. Never: say what differs. */

type Keyed = Readonly<Record<PropertyKey, unknown>>;
const tag = (value: unknown) => Object.prototype.toString.call(value);
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

export const isDeepStrictEqual = (one: unknown, other: unknown): boolean => equal(one, other, true, []);
/** What `assert.deepEqual` means: primitives by `==`, prototypes aside. */
export const isDeepEqual = (one: unknown, other: unknown): boolean => equal(one, other, false, []);

function equal(one: unknown, other: unknown, strict: boolean, pairs: readonly (readonly [object, object])[]): boolean {
  if (strict ? Object.is(one, other) : one === other) return true;
  if (!isObject(one) || !isObject(other)) {
    if (strict || isObject(one) || isObject(other) || typeof one === "function" || typeof other === "function")
      return false;
    // biome-ignore lint/suspicious/noDoubleEquals: the loose comparison is defined by it
    return one == other || (Number.isNaN(one) && Number.isNaN(other));
  }
  if (tag(one) !== tag(other)) return false;
  if (strict && Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  // In a cycle two objects are equal while they are being compared.
  if (pairs.some(([a, b]) => a === one && b === other)) return true;
  const within = [...pairs, [one, other] as const];
  const same = (a: unknown, b: unknown) => equal(a, b, strict, within);

  if (Array.isArray(one) && one.length !== (other as unknown[]).length) return false;
  if (one instanceof Date && !Object.is(one.getTime(), (other as Date).getTime())) return false;
  if (one instanceof RegExp) {
    const { source, flags, lastIndex } = other as RegExp;
    if (one.source !== source || one.flags !== flags || one.lastIndex !== lastIndex) return false;
  }
  if (one instanceof Error && (one.message !== (other as Error).message || one.name !== (other as Error).name))
    return false;
  if (one instanceof Number || one instanceof String || one instanceof Boolean)
    if (!Object.is(one.valueOf(), other.valueOf())) return false;
  if (ArrayBuffer.isView(one)) {
    const [a, b] = [bytesOf(one), bytesOf(other as ArrayBufferView)];
    if (a.length !== b.length || !a.every((byte, index) => byte === b[index])) return false;
  } else if (one instanceof ArrayBuffer && !same(new Uint8Array(one), new Uint8Array(other as ArrayBuffer)))
    return false;
  if (one instanceof Set && !sameSet(one, other as Set<unknown>, same)) return false;
  if (one instanceof Map && !sameMap(one, other as Map<unknown, unknown>, same)) return false;

  const keysOf = (value: object): PropertyKey[] => {
    const keys: PropertyKey[] = Object.keys(value);
    if (!strict) return keys;
    const symbols = Object.getOwnPropertySymbols(value);
    return [...keys, ...symbols.filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))];
  };
  if (ArrayBuffer.isView(one)) return true;
  const keys = keysOf(one);
  return (
    keys.length === keysOf(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same((one as Keyed)[key], (other as Keyed)[key]))
  );
}

type Same = (one: unknown, other: unknown) => boolean;

function sameSet(one: Set<unknown>, other: Set<unknown>, same: Same): boolean {
  if (one.size !== other.size) return false;
  const left = [...other].filter((value) => !one.has(value));
  return [...one].every((value) => {
    if (other.has(value)) return true;
    const at = left.findIndex((candidate) => same(value, candidate));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

function sameMap(one: Map<unknown, unknown>, other: Map<unknown, unknown>, same: Same): boolean {
  if (one.size !== other.size) return false;
  const left = [...other].filter(([key]) => !one.has(key));
  return [...one].every(([key, value]) => {
    if (other.has(key)) return same(value, other.get(key));
    const at = left.findIndex(([candidate, item]) => same(key, candidate) && same(value, item));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}
