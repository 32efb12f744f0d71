/**
 * Job: read instances, core and not: what is instantiated with which arguments, or which exports are put together.
 * Source: Component Model, design/mvp/Binary.md, "Instance Definitions".
 * Never: match arguments with imports: that takes types.
 */
import type { CoreInstance, Instance, SortedName } from "../model.ts";
import { type ComponentReader, hex, quoted } from "./reader.ts";
import { nameOnce, type Scope, spaceOf, spaceOfCore, type VectorPlace } from "./scope.ts";
import { readBorderSort, readCoreSort } from "./sorts.ts";

/** Where the arguments of a core instantiation stand, for the rewriter. */
export interface Instantiation extends VectorPlace {
  /** Of an argument that has the counter's name. */
  readonly reservedAt: number | null;
}

function plainOnce(seen: Set<string>, what: string, name: string, reader: ComponentReader, at: number): void {
  if (seen.has(name)) reader.invalid(`${what} ${quoted(name)} is there twice`, at);
  seen.add(name);
}

export function readCoreInstance(
  reader: ComponentReader,
  scope: Scope,
  instantiated: (instantiation: Instantiation) => void,
): CoreInstance {
  const at = reader.position;
  const form = reader.byte();
  if (form > 1) reader.fail(`${hex(form)} is no way to make a core instance`, at);
  const seen = new Set<string>();
  if (form === 1) {
    const exports = reader.vector("exports of a core instance", 3, () => {
      const at = reader.position;
      const name = reader.coreName();
      plainOnce(seen, "core export", name, reader, at);
      const sortAt = reader.position;
      const sort = readCoreSort(reader);
      if (sort === "type" || sort === "module" || sort === "instance")
        reader.invalid(`a core instance cannot export a core ${sort}`, sortAt);
      return { name, sort, index: scope.index(spaceOfCore(sort), reader) };
    });
    scope.define("core instance", reader, at);
    return { kind: "core-instance", from: { kind: "exports", exports } };
  }
  const module = scope.index("core module", reader);
  const countStart = reader.position;
  const countEnd = reader.integerEnd;
  let reservedAt: number | null = null;
  const args = reader.vector("arguments of a core instance", 3, () => {
    const at = reader.position;
    const name = reader.coreName();
    plainOnce(seen, "core argument", name, reader, at);
    if (name === "capsule") reservedAt = at;
    const sortAt = reader.position;
    const sort = reader.byte();
    if (sort !== 0x12) reader.fail(`${hex(sort)} where the sort of a core instance, 0x12, stands`, sortAt);
    return { name, instance: scope.index("core instance", reader) };
  });
  instantiated({ count: args.length, countStart, countEnd, end: reader.position, reservedAt });
  scope.define("core instance", reader, at);
  return { kind: "core-instance", from: { kind: "instantiate", module, args } };
}

export function readInstance(
  reader: ComponentReader,
  scope: Scope,
  instantiated: (component: number, place: VectorPlace) => void,
): Instance {
  const at = reader.position;
  const form = reader.byte();
  if (form > 1) reader.fail(`${hex(form)} is no way to make an instance`, at);
  const seen = new Set<string>();
  const sorted = (name: string): SortedName => {
    const sort = readBorderSort(reader);
    return { name, sort, index: scope.index(spaceOf(sort), reader) };
  };
  if (form === 1) {
    const exports = reader.vector("exports of an instance", 4, () => {
      const at = reader.position;
      const name = reader.attributedName();
      nameOnce(seen, "export", name, reader, at);
      return sorted(name);
    });
    scope.define("instance", reader, at);
    return { kind: "instance", from: { kind: "exports", exports } };
  }
  const component = scope.index("component", reader);
  const { position: countStart, integerEnd: countEnd } = reader;
  const args = reader.vector("arguments of an instance", 3, () => {
    const at = reader.position;
    // Of no grammar: what no import asks for is passed over.
    const name = reader.coreName();
    plainOnce(seen, "argument", name, reader, at);
    return sorted(name);
  });
  instantiated(component, { count: args.length, countStart, countEnd, end: reader.position });
  scope.define("instance", reader, at);
  return { kind: "instance", from: { kind: "instantiate", component, args } };
}
