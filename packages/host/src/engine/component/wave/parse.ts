/**
 * Job: values as WAVE (WebAssembly Value Encoding) writes them → values of the types that a function wants:
 * `{name: "Ada", tags: {fast, late}, age: some(36)}`.
 * Never: a value that does not have its type; recurse deeper than types may be.
 * Source: the WAVE grammar of the wasm-wave crate, https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-wave.
 */
import type { ComponentValue } from "../../../component/value.ts";
import { CapsuleError } from "../../../errors.ts";
import { fitInteger, integerWanted, isInteger } from "../integers.ts";
import { typeText } from "../world/text.ts";
import type { WitField, WitType } from "../world/types.ts";
import { Scanner } from "./scan.ts";

/** Types within types. */
export const deepestValue = 100;
const mostLength = 1024 * 1024;

/**
 * Reads arguments as they stand between a call's parentheses: `1, "two", [3]`.
 * @param call how errors name the function
 * @throws CapsuleError `invalid_config` that quotes what does not fit, and names the type
 * @example
 * ```ts
 * parseArguments('"Ada", 36', parameters, "greet"); // ["Ada", 36]
 * ```
 */
export function parseArguments(text: string, parameters: readonly WitField[], call: string): ComponentValue[] {
  if (text.length > mostLength)
    throw invalid(`the arguments of ${call} are ${text.length} characters; at most ${mostLength} are read`);
  const scanner = new Scanner(text);
  const wanted = `${call} takes ${countOf(parameters)}`;
  const values: ComponentValue[] = [];
  for (const { name, type } of parameters) {
    if (scanner.isAtEnd) throw invalid(`${wanted}; ${values.length} given`);
    values.push(parseValue(scanner, type, 0, `argument ${name} of ${call}`));
    if (!scanner.takes(",") && !scanner.isAtEnd)
      scanner.refuse(values.length === parameters.length ? "the end of the arguments" : 'a ","', wanted);
  }
  if (!scanner.isAtEnd) scanner.refuse("the end of the arguments", wanted);
  return values;
}

/** "2 arguments (x: u32, y: u32)". */
export function countOf(parameters: readonly WitField[]): string {
  const shown = parameters.slice(0, 10).map(({ name, type }) => `${name}: ${typeText(type)}`);
  const list = parameters.length === 0 ? "" : ` (${shown.join(", ")}${parameters.length > 10 ? ", …" : ""})`;
  return `${parameters.length} argument${parameters.length === 1 ? "" : "s"}${list}`;
}

function parseValue(scanner: Scanner, type: WitType, depth: number, where: string): ComponentValue {
  if (depth > deepestValue)
    throw invalid(`${where} has types within types deeper than ${deepestValue}; it cannot be given from outside`);
  const refuse = (from: number, wanted = typeText(type)): never => scanner.refuse(wanted, where, from);
  const inner = (part: WitType) => parseValue(scanner, part, depth + 1, where);
  const payload = (part: WitType) => {
    scanner.expect("(", where);
    const value = inner(part);
    scanner.takes(",");
    scanner.expect(")", where);
    return value;
  };
  scanner.space();
  const from = scanner.position;
  switch (type.kind) {
    case "primitive":
      return parsePrimitive(scanner, type, where);
    case "list":
    case "tuple": {
      const isTuple = type.kind === "tuple";
      if (!scanner.takes(isTuple ? "(" : "[")) return refuse(from);
      const length = isTuple ? type.elements.length : type.length;
      const values: ComponentValue[] = [];
      scanner.list(isTuple ? ")" : "]", where, (index) => {
        const element = isTuple ? type.elements[index] : type.element;
        values.push(element === undefined ? refuse(from) : inner(element));
      });
      if (length !== null && values.length !== length) refuse(from, `${typeText(type)}, which has ${length} elements,`);
      return isBytes(type) ? Uint8Array.from(values as number[]) : values;
    }
    case "record":
      return parseRecord(scanner, type, inner, where);
    case "flags": {
      const value = Object.fromEntries(type.names.map((name) => [name, false]));
      if (!scanner.takes("{")) return refuse(from);
      scanner.list("}", where, () => {
        const at = scanner.position;
        const name = plain(scanner.label());
        if (name === null || !Object.hasOwn(value, name)) return refuse(at, `one of the flags ${choices(type.names)}`);
        value[name] = true;
      });
      return value;
    }
    case "enum": {
      const name = plain(scanner.label());
      return name !== null && type.names.includes(name) ? name : refuse(from, `one of ${choices(type.names)}`);
    }
    case "variant": {
      const name = plain(scanner.label());
      const found = type.cases.find((entry) => entry.name === name);
      if (found === undefined) return refuse(from, `one of ${choices(type.cases.map((entry) => entry.name))}`);
      return found.type === null ? { tag: found.name } : { tag: found.name, val: payload(found.type) };
    }
    case "option": {
      const word = scanner.label();
      if (word === "none") return null;
      const isNested = type.element.kind === "option";
      if (word === "some") return isNested ? { some: payload(type.element) } : payload(type.element);
      scanner.back(from);
      return isWrapped(type.element) ? refuse(from) : inner(type.element);
    }
    case "result": {
      const word = scanner.label();
      if (word === "ok" || word === "err") {
        const part = word === "ok" ? type.ok : type.error;
        return part === null ? { tag: word } : { tag: word, val: payload(part) };
      }
      scanner.back(from);
      if (type.ok === null || isWrapped(type.ok)) return refuse(from);
      return { tag: "ok", val: inner(type.ok) };
    }
    case "own":
    case "borrow":
      throw invalid(`${where} is a resource (${typeText(type)}), which cannot be given from outside`);
  }
}

function parsePrimitive(scanner: Scanner, type: WitType & { kind: "primitive" }, where: string): ComponentValue {
  const { primitive } = type;
  scanner.space();
  const from = scanner.position;
  if (primitive === "string") return scanner.string(where);
  if (primitive === "char") return scanner.character(where);
  if (primitive === "bool") {
    const word = scanner.label();
    return word === "true" || word === "false" ? word === "true" : scanner.refuse("true or false", where, from);
  }
  const text = scanner.number();
  if (isInteger(primitive)) {
    const value = text !== null && /^-?[0-9]{1,20}$/.test(text) ? fitInteger(BigInt(text), primitive) : null;
    return value ?? scanner.refuse(integerWanted(primitive), where, from);
  }
  switch (text) {
    case null:
      return scanner.refuse(`${primitive}, a number such as 2.5, -1e9, inf or nan,`, where, from);
    case "nan":
      return Number.NaN;
    case "inf":
      return Number.POSITIVE_INFINITY;
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    default:
      return Number(text);
  }
}

/** Fields in any order; one that is an option may be left out. `{:}` has none. */
function parseRecord(
  scanner: Scanner,
  type: WitType & { kind: "record" },
  inner: (type: WitType) => ComponentValue,
  where: string,
): ComponentValue {
  scanner.space();
  const from = scanner.position;
  const given = new Map<string, ComponentValue>();
  if (!scanner.takes("{")) scanner.refuse(typeText(type), where, from);
  if (scanner.takes(":")) scanner.expect("}", where);
  else {
    scanner.list("}", where, () => {
      const at = scanner.position;
      const name = plain(scanner.label());
      const field = type.fields.find((entry) => entry.name === name);
      if (field === undefined || given.has(field.name)) {
        const left = type.fields.map((entry) => entry.name).filter((entry) => !given.has(entry));
        return scanner.refuse(`one of the fields ${choices(left)}`, where, at);
      }
      scanner.expect(":", where);
      given.set(field.name, inner(field.type));
    });
  }
  return Object.fromEntries(
    type.fields.map((field) => {
      const value = given.get(field.name);
      if (value !== undefined) return [field.name, value];
      if (field.type.kind === "option") return [field.name, null];
      return scanner.refuse(`the field ${field.name}: ${typeText(field.type)}`, where, from);
    }),
  );
}

/** "%true" is the label "true". */
const plain = (label: string | null) => label?.replace(/^%/, "") ?? null;

/** Its values begin with a word of WAVE's own, so that this word cannot be left out around them. */
const isWrapped = (type: WitType) => type.kind === "option" || type.kind === "result";

export const isBytes = (type: WitType): boolean =>
  type.kind === "list" && type.element.kind === "primitive" && type.element.primitive === "u8";

export function choices(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(", ")}, …` : names.join(", ") || "none";
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
