/**
 * Job: read aliases: another index for what an instance exports, or for what an enclosing component has.
 * Source: Component Model, design/mvp/Binary.md, "Alias Definitions".
 * Never: look whether the instance exports the name: that takes types, which are the linker's.
 */
import type { Alias } from "../model.ts";
import { type ComponentReader, hex } from "./reader.ts";
import { type Scope, spaceOf, spaceOfCore } from "./scope.ts";
import { readSort } from "./sorts.ts";

type OuterSort = Extract<Alias["target"], { kind: "outer" }>["sort"];

export function readAlias(reader: ComponentReader, scope: Scope): Alias {
  const at = reader.position;
  const sort = readSort(reader);
  const formAt = reader.position;
  const form = reader.byte();
  switch (form) {
    case 0x00: {
      if (typeof sort !== "string" && sort.core !== "module")
        reader.invalid(`an instance exports no core ${sort.core}`, at);
      const border = typeof sort === "string" ? sort : "core-module";
      const instance = scope.index("instance", reader);
      const name = reader.externName();
      scope.define(spaceOf(border), reader, at);
      return { kind: "alias", target: { kind: "export", sort: border, instance, name } };
    }
    case 0x01: {
      if (typeof sort === "string") reader.invalid(`a core instance exports no ${sort}`, at);
      const { core } = sort;
      if (core === "type" || core === "module" || core === "instance")
        reader.invalid(`a core instance exports no core ${core}`, at);
      const instance = scope.index("core instance", reader);
      const name = reader.coreName();
      scope.define(spaceOfCore(core), reader, at);
      return { kind: "alias", target: { kind: "core-export", sort: core, instance, name } };
    }
    case 0x02: {
      const outer = outerSort(typeof sort === "string" ? sort : `core-${sort.core}`);
      if (outer === null)
        reader.invalid("an outer alias is of a core module, a core type, a type or a component only", at);
      return outerAlias(outer, reader, scope, at);
    }
    default:
      return reader.fail(`${hex(form)} is no target of an alias`, formAt);
  }
}

function outerSort(sort: string): OuterSort | null {
  return sort === "core-module" || sort === "core-type" || sort === "type" || sort === "component" ? sort : null;
}

function outerAlias(sort: OuterSort, reader: ComponentReader, scope: Scope, at: number): Alias {
  const space = sort === "core-module" ? "core module" : sort === "core-type" ? "core type" : sort;
  const countAt = reader.position;
  const count = reader.u32();
  const outer = scope.outer(count);
  if (outer === null) reader.invalid(`an alias reaches ${count} scopes outwards, there are ${scope.depth}`, countAt);
  const index = outer.index(space, reader);
  scope.define(space, reader, at);
  return { kind: "alias", target: { kind: "outer", sort, count, index } };
}

/** An alias inside a component type or an instance type: of types and instances only. */
export function readTypeAlias(reader: ComponentReader, scope: Scope): Alias {
  const at = reader.position;
  const alias = readAlias(reader, scope);
  const { kind, sort } = alias.target;
  const allowed = kind === "export" ? ["type", "instance"] : kind === "outer" ? ["type", "core-type"] : [];
  if (!allowed.includes(sort)) reader.invalid(`a type declares an alias of a ${sort}, which it cannot have`, at);
  return alias;
}
