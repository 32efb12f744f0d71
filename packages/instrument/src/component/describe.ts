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
    const tokens = item.kind === "func" ? signature(item.type, 0) : item.kind === "type" ? meaning(item) : [];
    const text = joined(tokens, Math.min(longestText, budget.left));
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

type Tokens = Generator<string, void>;

/** Types are written token by token, so that one that unfolds to no end is left where the text is long enough. */
function joined(tokens: Iterable<string>, length: number): string {
  let text = "";
  for (const token of tokens) {
    if (text.length + token.length > length) return `${text}…`;
    text += token;
  }
  return text;
}

function* list<Of>(open: string, items: readonly Of[], close: string, write: (item: Of) => Tokens): Tokens {
  yield open;
  for (const [index, item] of items.entries()) {
    if (index > 0) yield ", ";
    yield* write(item);
  }
  yield close;
}

function* signature(item: TypeItem | null, depth: number): Tokens {
  const type = item?.definition;
  if (!item || type?.kind !== "func") {
    yield "func";
    return;
  }
  const { environment } = item;
  yield* list("func(", type.parameters, ")", function* ({ name, type }) {
    yield `${name}: `;
    yield* value(type, environment, depth);
  });
  if (type.result === null) return;
  yield " -> ";
  yield* value(type.result, environment, depth);
}

/** What the name of a type stands for: another name, or a type. */
function* meaning(item: TypeItem): Tokens {
  let { of } = item;
  while (of?.name && of.name.name === item.name?.name && of.name.owner === item.name.owner) of = of.of;
  if (!of?.name) yield* definition(item, 0);
  else if (of.name.owner === null || of.name.owner === item.name?.owner) yield of.name.name;
  else yield `${of.name.owner}.{${of.name.name}}`;
}

function* reference(item: TypeItem | null, depth: number): Tokens {
  if (item === null) yield "?";
  else if (item.name !== null) yield item.name.name;
  else yield* definition(item, depth);
}

function* value(type: ValueType, of: Environment, depth: number): Tokens {
  if (typeof type === "string") yield type;
  else yield* reference(typeAt(of, type), depth);
}

function* definition(item: TypeItem, depth: number): Tokens {
  const type = item.definition;
  if (depth >= deepestText) yield "…";
  else if (type === null) yield "resource";
  else if (type.kind === "func") yield* signature(item, depth + 1);
  else if (type.kind === "component" || type.kind === "instance" || type.kind === "resource") yield type.kind;
  else yield* shape(type, item.environment, depth + 1);
}

function* shape(what: ValueShape, of: Environment, depth: number): Tokens {
  const one = (type: ValueType) => value(type, of, depth);
  const orNone = function* (type: ValueType | null): Tokens {
    if (type === null) yield "_";
    else yield* one(type);
  };
  switch (what.kind) {
    case "primitive":
      yield what.primitive;
      break;
    case "record":
      yield* list("record { ", what.fields, " }", function* (field) {
        yield `${field.name}: `;
        yield* one(field.type);
      });
      break;
    case "variant":
      yield* list("variant { ", what.cases, " }", function* (each) {
        yield each.name;
        if (each.type !== null) yield* list("(", [each.type], ")", one);
      });
      break;
    case "list":
      yield* list("list<", [what.element], what.length === null ? ">" : `, ${what.length}>`, one);
      break;
    case "tuple":
      yield* list("tuple<", what.elements, ">", one);
      break;
    case "flags":
    case "enum":
      yield* list(`${what.kind} { `, what.names, " }", function* (name) {
        yield name;
      });
      break;
    case "option":
      yield* list("option<", [what.element], ">", one);
      break;
    case "result":
      if (what.ok === null && what.error === null) yield "result";
      else yield* list("result<", what.error === null ? [what.ok] : [what.ok, what.error], ">", orNone);
      break;
    case "own":
      yield* reference(typeAt(of, what.resource), depth);
      break;
    case "borrow":
      yield "borrow<";
      yield* reference(typeAt(of, what.resource), depth);
      yield ">";
      break;
    default: {
      what satisfies never;
    }
  }
}
