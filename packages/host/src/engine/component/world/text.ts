/** Job: types and functions as WIT writes them. Never: more text than a line holds, whatever a component declares. */
import type { WitFunction, WitType } from "./types.ts";

/** Types within types that are written out; deeper ones, and what does not fit, are "…". */
const deepest = 8;
const mostLength = 400;

/** `list<tuple<string, u32>>`; a type that has a name by that name. */
export function typeText(type: WitType): string {
  return bounded((write) => writeType(type, write, 0));
}

/** `func(x: u32, y: u32) -> u32`. */
export function functionText({ parameters, result }: WitFunction): string {
  return bounded((write) => {
    write("func(");
    writeAll(parameters, write, ({ name, type }) => {
      write(`${name}: `);
      writeType(type, write, 0);
    });
    write(")");
    if (result !== null) {
      write(" -> ");
      writeType(result, write, 0);
    }
  });
}

/** What a named type is: `record { x: u32 }`. */
export function definitionText(type: WitType): string {
  return bounded((write) => writeStructure(type, write, 0));
}

class Full extends Error {}

type Write = (text: string) => void;

function bounded(fill: (write: Write) => void): string {
  let text = "";
  try {
    fill((piece) => {
      text += piece;
      if (text.length > mostLength) throw new Full();
    });
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    return `${text.slice(0, mostLength)}…`;
  }
  return text;
}

function writeAll<T>(items: readonly T[], write: Write, each: (item: T) => void): void {
  items.forEach((item, index) => {
    if (index > 0) write(", ");
    each(item);
  });
}

function writeType(type: WitType, write: Write, depth: number): void {
  if (type.name !== undefined) write(type.name);
  else writeStructure(type, write, depth);
}

function writeStructure(type: WitType, write: Write, depth: number): void {
  if (depth > deepest) {
    write("…");
    return;
  }
  const inner = (part: WitType) => writeType(part, write, depth + 1);
  switch (type.kind) {
    case "primitive":
      write(type.primitive);
      return;
    case "record":
      write("record { ");
      writeAll(type.fields, write, (field) => {
        write(`${field.name}: `);
        inner(field.type);
      });
      write(" }");
      return;
    case "variant":
      write("variant { ");
      writeAll(type.cases, write, ({ name, type: payload }) => {
        write(name);
        if (payload === null) return;
        write("(");
        inner(payload);
        write(")");
      });
      write(" }");
      return;
    case "enum":
    case "flags":
      write(`${type.kind} { `);
      writeAll(type.names, write, write);
      write(" }");
      return;
    case "list":
      write("list<");
      inner(type.element);
      write(type.length === null ? ">" : `, ${type.length}>`);
      return;
    case "tuple":
      write("tuple<");
      writeAll(type.elements, write, inner);
      write(">");
      return;
    case "option":
      write("option<");
      inner(type.element);
      write(">");
      return;
    case "result":
      if (type.ok === null && type.error === null) {
        write("result");
        return;
      }
      write("result<");
      if (type.ok === null) write("_");
      else inner(type.ok);
      if (type.error !== null) {
        write(", ");
        inner(type.error);
      }
      write(">");
      return;
    case "own":
      write(type.resource ?? "resource");
      return;
    case "borrow":
      write(`borrow<${type.resource ?? "resource"}>`);
      return;
  }
}
