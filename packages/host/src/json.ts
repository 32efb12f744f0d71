/**
 * Job: between JavaScript values and JSON text without losing a digit: integers beyond 2^53 are bigints, -0 stays -0.
 * Never: rewrite a text that a guest has made.
 */

/** A value as JSON text can say it. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Longer integers are refused: turning digits into a bigint is slow, and Python's own limit is 4,300. */
const mostDigits = 10_000;

interface Context {
  readonly source?: string;
}
/** ES2026 of V8, which the library types do not know yet. */
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: Context) => unknown): unknown;
  rawJSON(text: string): object;
};

/**
 * Reads JSON text. Integers that a number cannot hold exactly become bigints.
 * @throws SyntaxError for what is not JSON; RangeError for an integer of more than 10,000 digits
 * @example
 * ```ts
 * parseJson('{"id": 9007199254740993, "x": 1.0}'); // { id: 9007199254740993n, x: 1 }
 * ```
 */
export function parseJson(text: string): JsonValue {
  // The slow way only where some number may need it.
  if (!/\d{16}/.test(text)) return JSON.parse(text) as JsonValue;
  return json.parse(text, (_, value, { source }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value;
    if (!/^-?\d+$/.test(source)) return value;
    if (source.length > mostDigits)
      throw new RangeError(`an integer of ${source.length} digits; read the text instead`);
    return BigInt(source);
  }) as JsonValue;
}

/**
 * Writes a value as JSON text; bigints as integers, -0 as -0.0 (as -0 it would be the integer 0 to Python).
 * @param where how an error names the value
 * @throws TypeError naming the place of a value that JSON cannot hold
 * @example
 * ```ts
 * stringifyJson([2n ** 70n, -0], "args"); // "[1180591620717411303424,-0.0]"
 * ```
 */
export function stringifyJson(value: unknown, where: string): string {
  return JSON.stringify(prepared(value, where, []));
}

/** A copy in which what JSON.stringify would lose is kept, and what it would drop in silence is refused. */
function prepared(value: unknown, where: string, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "bigint":
      return json.rawJSON(value.toString());
    case "number":
      if (!Number.isFinite(value))
        throw new TypeError(`${where} is ${value}, which JSON cannot hold; use null or a string`);
      return Object.is(value, -0) ? json.rawJSON("-0.0") : value;
    case "object": {
      if (value === null) return null;
      if (above.includes(value)) throw new TypeError(`${where} contains itself; JSON has no cycles`);
      const path = [...above, value];
      if (Array.isArray(value)) return value.map((item: unknown, index) => prepared(item, `${where}[${index}]`, path));
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        const kind = (value as { constructor?: { name?: string } }).constructor?.name ?? "object";
        throw new TypeError(`${where} is a ${kind}, which JSON cannot hold; give plain objects and arrays`);
      }
      return Object.fromEntries(
        Object.entries(value)
          .filter(([, item]) => item !== undefined)
          .map(([name, item]) => [name, prepared(item, `${where}[${JSON.stringify(name)}]`, path)]),
      );
    }
    default:
      throw new TypeError(`${where} is ${typeof value}, which JSON cannot hold`);
  }
}
