/** Job: a type as WIT writes it, for errors. Never: more text than a line holds, whatever a component declares. */
import type { WitType } from "./types.ts";

/** Types within types that are written out; deeper ones, and what does not fit, are "…". */
const deepest = 8;
const mostLength = 400;

/** `list<tuple<string, u32>>`; a type that has a name by that name. */
export function typeText(type: WitType): string {
  let text = "";
  try {
    writeType(
      type,
      (piece) => {
        text += piece;
        if (text.length > mostLength) throw new Full();
      },
      0,
    );
  } catch (error) {
    if (!(error instanceof Full)) throw error;
    return `${text.slice(0, mostLength)}…`;
  }
  return text;
}

class Full extends Error {}

type Write = (text: string) => void;

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
