/** Job: values of the component model as the scripts write them: into ours, and held against ours. Never: guess what a type is. */
import { type Expression, headOf, type List, textOf } from "./expression.ts";

/** Values as `packages/host/src/component/value.ts` has them; scripts need no more than this. */
type Value = unknown;

export function readValue(list: List): Value {
  const [, first, second] = list.items;
  switch (headOf(list)) {
    case "bool.const":
      return word(first) === "true";
    case "u64.const":
    case "s64.const":
      return integer(word(first));
    case "f32.const":
    case "f64.const":
      return float(word(first));
    case "char.const":
    case "str.const":
    case "enum.const":
      return textOf(first);
    case "list.const": {
      const items = list.items.slice(1).map((item) => readValue(asList(item)));
      const bytes = list.items.length > 1 && list.items.slice(1).every((item) => headOf(asList(item)) === "u8.const");
      return bytes ? Uint8Array.from(items as number[]) : items;
    }
    case "tuple.const":
      return list.items.slice(1).map((item) => readValue(asList(item)));
    case "record.const":
      return Object.fromEntries(
        list.items.slice(1).map((field) => {
          const list = asList(field);
          const [, name, value] = list.items;
          // (field "n" (u32.const 7)), or, in older scripts, (field "n" u32.const 7).
          const of = value?.kind === "list" ? value : { ...list, items: list.items.slice(2) };
          return [textOf(name), readValue(of)];
        }),
      );
    case "flags.const":
      return Object.fromEntries(list.items.slice(1).map((name) => [textOf(name), true]));
    case "variant.const":
      return second === undefined ? { tag: textOf(first) } : { tag: textOf(first), val: readValue(asList(second)) };
    case "option.none":
      return null;
    case "option.some": {
      const inner = asList(first);
      return headOf(inner).startsWith("option.") ? { some: readValue(inner) } : readValue(inner);
    }
    case "result.ok":
    case "result.err": {
      const tag = headOf(list).slice("result.".length);
      return first === undefined ? { tag } : { tag, val: readValue(asList(first)) };
    }
    default:
      if (!/^[us](8|16|32)\.const$/.test(headOf(list)))
        throw new Error(`line ${list.line}: what is (${headOf(list)})?`);
      return Number(integer(word(first)));
  }
}

/** Null where `actual` is what the script wants, else both, in short. */
export function difference(expected: List, actual: Value): string | null {
  const nan = /^f(32|64)\.const$/.test(headOf(expected)) && word(expected.items[1]).includes("nan");
  if (nan) return Number.isNaN(actual) ? null : `wanted NaN, got ${show(actual)}`;
  const wanted = show(readValue(expected));
  return wanted === show(actual) ? null : `wanted ${wanted}, got ${show(actual)}`;
}

/** One text for equal values: flags that are not set, prototypes and kinds of arrays make no difference. */
function show(value: Value): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (value instanceof Uint8Array) return show(Array.from(value));
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, of]) => of !== false && of !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1));
    return `{${entries.map(([name, of]) => `${JSON.stringify(name)}:${show(of)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "nothing";
}

function word(expression: Expression | undefined): string {
  if (expression?.kind !== "atom") throw new Error("a number was expected");
  return expression.text;
}

function integer(text: string): bigint {
  const plain = text.replaceAll("_", "").replace(/^\+/, "");
  return plain.startsWith("-") ? -BigInt(plain.slice(1)) : BigInt(plain);
}

function float(text: string): number {
  const plain = text.replaceAll("_", "");
  if (/^[+-]?inf$/.test(plain)) return plain.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (plain.includes("nan")) return Number.NaN;
  const hex = /^([+-]?)0x([0-9a-f]+)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?$/i.exec(plain);
  if (hex === null) return Number(plain);
  const [, sign, whole, fraction = "", exponent = "0"] = hex;
  const magnitude = Number.parseInt(whole! + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -magnitude : magnitude;
}

function asList(expression: Expression | undefined): List {
  if (expression?.kind !== "list") throw new Error("a value was expected");
  return expression;
}
