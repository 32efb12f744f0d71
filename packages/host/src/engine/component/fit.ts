/**
 * Job: values that a program gives for a function's arguments, held against their types: in the shapes of
 * component/value.ts, or as JSON has them (a number for a u64 that it can hold, an array for bytes).
 * Never: text (see wave/); convert what does not have its type.
 */
import type { ComponentValue } from "../../component/value.ts";
import { CapsuleError } from "../../errors.ts";
import { quote } from "../../policy/problem.ts";
import { fitInteger, integerWanted, isInteger } from "./integers.ts";
import { choices, countOf, deepestValue, isBytes } from "./wave/parse.ts";
import { typeText } from "./world/text.ts";
import type { WitField, WitType } from "./world/types.ts";

/**
 * @param call how errors name the function
 * @throws CapsuleError `invalid_config` that quotes the value and names the type and the place
 */
export function fitArguments(
  values: readonly unknown[],
  parameters: readonly WitField[],
  call: string,
): ComponentValue[] {
  if (values.length !== parameters.length)
    throw invalid(`${call} takes ${countOf(parameters)}; ${values.length} given`);
  return parameters.map(({ name, type }, index) => fit(values[index], type, `argument ${name} of ${call}`, 0));
}

function fit(value: unknown, type: WitType, where: string, depth: number): ComponentValue {
  const refuse = (wanted = typeText(type)): never => {
    throw invalid(`${where} is ${quote(value)}; it takes ${wanted}`);
  };
  if (depth > deepestValue) return refuse(`types within types no deeper than ${deepestValue}`);
  const inner = (part: WitType, of: unknown, at: string) => fit(of, part, `${where}${at}`, depth + 1);
  /** `val` of a variant or a result. */
  const payload = (tag: string, part: WitType | null, of: unknown): ComponentValue => {
    if (part === null) return of === undefined || of === null ? { tag } : refuse(`no val beside the tag ${quote(tag)}`);
    return { tag, val: inner(part, of, ".val") };
  };
  switch (type.kind) {
    case "primitive":
      return fitPrimitive(value, type, refuse);
    case "list":
    case "tuple": {
      const length = type.kind === "tuple" ? type.elements.length : type.length;
      const isArray = Array.isArray(value) || (value instanceof Uint8Array && isBytes(type));
      if (!isArray || (length !== null && value.length !== length))
        return refuse(length === null ? undefined : `${typeText(type)}, an array of ${length}`);
      // Of its own bytes: what is posted to a thread is not to change meanwhile.
      if (value instanceof Uint8Array) return value.slice();
      const elements = Array.from(value as readonly unknown[], (element, index) =>
        inner(type.kind === "tuple" ? type.elements[index]! : type.element, element, `[${index}]`),
      );
      return isBytes(type) ? Uint8Array.from(elements as number[]) : elements;
    }
    case "record": {
      const own = members(
        value,
        type.fields.map(({ name }) => name),
        refuse,
      );
      return Object.fromEntries(
        type.fields.map((field) => [field.name, inner(field.type, own(field.name), `.${field.name}`)]),
      );
    }
    case "flags": {
      const own = members(value, type.names, refuse);
      return Object.fromEntries(
        type.names.map((name) => {
          const flag = own(name) ?? false;
          return [name, typeof flag === "boolean" ? flag : refuse()];
        }),
      );
    }
    case "enum":
      return typeof value === "string" && type.names.includes(value) ? value : refuse(`one of ${choices(type.names)}`);
    case "variant": {
      const tag = isRecord(value) ? value["tag"] : undefined;
      const found = type.cases.find(({ name }) => name === tag);
      if (found === undefined || !isRecord(value))
        return refuse(`{ tag, val }, its tag one of ${choices(type.cases.map(({ name }) => name))}`);
      return payload(found.name, found.type, value["val"]);
    }
    case "result": {
      if (!isRecord(value) || (value["tag"] !== "ok" && value["tag"] !== "err"))
        return refuse('{ tag: "ok", val } or { tag: "err", val }');
      return payload(value["tag"], value["tag"] === "ok" ? type.ok : type.error, value["val"]);
    }
    case "option": {
      if (value === null || value === undefined) return null;
      if (type.element.kind !== "option") return inner(type.element, value, "");
      return isRecord(value) && "some" in value
        ? { some: inner(type.element, value["some"], ".some") }
        : refuse("null or { some: … }");
    }
    case "own":
    case "borrow":
      return refuse(`a resource (${typeText(type)}), which cannot be given from outside`);
  }
}

function fitPrimitive(
  value: unknown,
  { primitive }: WitType & { kind: "primitive" },
  refuse: (wanted?: string) => never,
): ComponentValue {
  switch (primitive) {
    case "bool":
      return typeof value === "boolean" ? value : refuse();
    case "string":
      return typeof value === "string" && value.isWellFormed() ? value : refuse("string, of whole Unicode characters");
    case "char":
      return typeof value === "string" && value.isWellFormed() && [...value.slice(0, 3)].length === 1
        ? value
        : refuse("char, a string of one Unicode character");
    case "f32":
    case "f64":
      return typeof value === "number" ? value : refuse();
    default: {
      const wanted = () => refuse(integerWanted(primitive).slice(0, -1));
      if (!isInteger(primitive)) return wanted();
      const whole = typeof value === "bigint" ? value : Number.isSafeInteger(value) ? BigInt(value as number) : null;
      return (whole === null ? null : fitInteger(whole, primitive)) ?? wanted();
    }
  }
}

/** Reads members of an object that has no others; `undefined` where one is not there. */
function members(
  value: unknown,
  names: readonly string[],
  refuse: (wanted?: string) => never,
): (name: string) => unknown {
  if (!isRecord(value)) return refuse();
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) return refuse(`no ${quote(unknown)}; it has ${choices(names)}`);
  return (name) => (Object.hasOwn(value, name) ? value[name] : undefined);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const invalid = (message: string) => new CapsuleError("invalid_config", message);
