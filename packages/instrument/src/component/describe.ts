/**
 * Job: a component's world as text in the manner of WIT: what it imports and what it exports.
 * Never: render for a terminal: names are the guest's, though ASCII by the grammar of names.
 */
import type { Component, ValueShape, ValueType } from "./model.ts";
import { type Environment, type Item, resolveComponent, type TypeItem, typeAt } from "./resolve.ts";

/** Something with a type: `add` and `func(a: s32, b: s32) -> s32`. */
export interface WorldEntry {
  readonly name: string;
  readonly text: string;
}

export type WorldItem =
  | ({ readonly kind: "function" | "type" } & WorldEntry)
  | {
      readonly kind: "interface";
      readonly name: string;
      readonly types: readonly WorldEntry[];
      readonly functions: readonly WorldEntry[];
    }
  | { readonly kind: "component" | "core-module"; readonly name: string };

export interface World {
  readonly imports: readonly WorldItem[];
  readonly exports: readonly WorldItem[];
}

/** Types nest and repeat: text beyond these ends as "…". */
const longestText = 4_000;
const deepestText = 40;
const longestWorld = 2_000_000;

/**
 * Describes what a component takes and gives.
 *
 * @throws {InstrumentError} `limit` or `unsupported` where the component cannot be followed.
 *
 * @example
 * ```ts
 * const { imports, exports } = describeComponent(decodeComponent(bytes).component);
 * for (const item of exports) if (item.kind === "function") console.log(`${item.name}: ${item.text}`);
 * ```
 */
export function describeComponent(component: Component): World {
  const { imports, exports } = resolveComponent(component);
  const budget = { left: longestWorld };
  const items = (of: ReadonlyMap<string, Item | null>) =>
    [...of].flatMap(([name, item]) => (item === null ? [] : [worldItem(name, item, budget)]));
  return { imports: items(imports), exports: items(exports) };
}

function worldItem(name: string, item: Item, budget: { left: number }): WorldItem {
  const entry = (name: string, item: Item): WorldEntry => {
    const text = textOf(Math.min(longestText, budget.left), (write) => {
      if (item.kind === "func") signature(item.type, 0, write);
      else if (item.kind === "type") meaning(item, write);
    });
    budget.left -= text.length + name.length;
    return { name, text };
  };
  switch (item.kind) {
    case "func":
      return { kind: "function", ...entry(name, item) };
    case "type":
      return { kind: "type", ...entry(name, item) };
    case "instance": {
      const entries = (kind: Item["kind"]) =>
        [...item.exports()].flatMap(([name, item]) =>
          item.kind === kind && budget.left > 0 ? [entry(name, item)] : [],
        );
      return { kind: "interface", name, types: entries("type"), functions: entries("func") };
    }
    default:
      return { kind: item.kind, name };
  }
}

/** Takes the next piece of a text. */
type Write = (piece: string) => void;

class Full extends Error {}

/** Types are written piece by piece, so that one that unfolds to no end is left where the text is long enough. */
function textOf(length: number, describe: (write: Write) => void): string {
  let text = "";
  try {
    describe((piece) => {
      if (text.length + piece.length > length) throw new Full();
      text += piece;
    });
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    return `${text}…`;
  }
  return text;
}

function list<Of>(write: Write, open: string, items: readonly Of[], close: string, each: (item: Of) => void): void {
  write(open);
  for (const [index, item] of items.entries()) {
    if (index > 0) write(", ");
    each(item);
  }
  write(close);
}

function signature(item: TypeItem | null, depth: number, write: Write): void {
  const type = item?.definition;
  if (!item || type?.kind !== "func") {
    write("func");
    return;
  }
  const { environment } = item;
  list(write, "func(", type.parameters, ")", ({ name, type }) => {
    write(`${name}: `);
    value(type, environment, depth, write);
  });
  if (type.result === null) return;
  write(" -> ");
  value(type.result, environment, depth, write);
}

/** What the name of a type stands for: another name, or a type. */
function meaning(item: TypeItem, write: Write): void {
  let { of } = item;
  while (of?.name && of.name.name === item.name?.name && of.name.owner === item.name.owner) of = of.of;
  if (!of?.name) definition(item, 0, write);
  else if (of.name.owner === null || of.name.owner === item.name?.owner) write(of.name.name);
  else write(`${of.name.owner}.{${of.name.name}}`);
}

function reference(item: TypeItem | null, depth: number, write: Write): void {
  if (item === null) write("?");
  else if (item.name !== null) write(item.name.name);
  else definition(item, depth, write);
}

function value(type: ValueType, of: Environment, depth: number, write: Write): void {
  if (typeof type === "string") write(type);
  else reference(typeAt(of, type), depth, write);
}

function definition(item: TypeItem, depth: number, write: Write): void {
  const type = item.definition;
  if (depth >= deepestText) write("…");
  else if (type === null) write("resource");
  else if (type.kind === "func") signature(item, depth + 1, write);
  else if (type.kind === "component" || type.kind === "instance" || type.kind === "resource") write(type.kind);
  else shape(type, item.environment, depth + 1, write);
}

function shape(what: ValueShape, of: Environment, depth: number, write: Write): void {
  const one = (type: ValueType) => value(type, of, depth, write);
  const orNone = (type: ValueType | null) => (type === null ? write("_") : one(type));
  switch (what.kind) {
    case "primitive":
      write(what.primitive);
      break;
    case "record":
      list(write, "record { ", what.fields, " }", (field) => {
        write(`${field.name}: `);
        one(field.type);
      });
      break;
    case "variant":
      list(write, "variant { ", what.cases, " }", (each) => {
        write(each.name);
        if (each.type !== null) list(write, "(", [each.type], ")", one);
      });
      break;
    case "list":
      list(write, "list<", [what.element], what.length === null ? ">" : `, ${what.length}>`, one);
      break;
    case "tuple":
      list(write, "tuple<", what.elements, ">", one);
      break;
    case "flags":
    case "enum":
      list(write, `${what.kind} { `, what.names, " }", write);
      break;
    case "option":
      list(write, "option<", [what.element], ">", one);
      break;
    case "result":
      if (what.ok === null && what.error === null) write("result");
      else list(write, "result<", what.error === null ? [what.ok] : [what.ok, what.error], ">", orNone);
      break;
    case "own":
      reference(typeAt(of, what.resource), depth, write);
      break;
    case "borrow":
      write("borrow<");
      reference(typeAt(of, what.resource), depth, write);
      write(">");
      break;
    default: {
      what satisfies never;
    }
  }
}
