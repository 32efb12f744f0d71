/**
 * Job: from the bytes of a component to its model, and for the rewriter to where everything stands. Reading is linear in
 * the bytes, and bounded (limits.ts).
 * Source: Component Model, design/mvp/Binary.md, https://github.com/WebAssembly/component-model.
 * Never: resolve indices or compare types: beyond names and index ranges, whether a component is valid is its linker's question.
 */
import { InstrumentError } from "../errors.ts";
import { requireBytes } from "../options.ts";
import { deepestNesting, mostModules } from "./limits.ts";
import type { Component, Definition, Export, Import, Start } from "./model.ts";
import { readAlias } from "./read/aliases.ts";
import { readCanon } from "./read/canon.ts";
import { skipCoreType } from "./read/core-types.ts";
import { type Instantiation, readCoreInstance, readInstance } from "./read/instances.ts";
import { ComponentReader, hex } from "./read/reader.ts";
import { type Places, Scope, spaceOf, type VectorPlace } from "./read/scope.ts";
import { readBorderSort } from "./read/sorts.ts";
import { readExternType, readType } from "./read/types.ts";

export const ComponentSection = {
  custom: 0,
  coreModule: 1,
  coreInstance: 2,
  coreType: 3,
  component: 4,
  instance: 5,
  alias: 6,
  type: 7,
  canon: 8,
  start: 9,
  import: 10,
  export: 11,
  value: 12,
} as const;

/** A section of a component in the binary. */
export interface SectionLayout {
  readonly id: number;
  /** From the id byte. */
  readonly header: number;
  /** The content; of a custom section, after its name. */
  readonly start: number;
  readonly end: number;
  /** Of a custom section. */
  readonly name: string;
  /** Of a nested component. */
  readonly nested: Layout | null;
  /** The first of its definitions among those of the component, and where each of them begins. */
  readonly first: number;
  readonly starts: readonly number[];
}

/** One component in the binary. */
export interface Layout {
  readonly component: Component;
  readonly scope: Scope;
  readonly start: number;
  readonly end: number;
  readonly sections: readonly SectionLayout[];
  /** Of core modules, in the order of the binary. */
  readonly instantiations: readonly Instantiation[];
  /** Of components: which, by its index, and where the arguments stand. */
  readonly inner: readonly { readonly component: number; readonly place: VectorPlace }[];
}

export interface CustomSection {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface DecodedComponent {
  readonly component: Component;
  /** Core modules in the order of the binary, those of nested components among them. Views of the input. */
  readonly modules: readonly Uint8Array[];
  /** Of the outermost component. Views of the input. */
  readonly customSections: readonly CustomSection[];
}

/** What the rewriter needs besides. */
export interface ReadComponent extends DecodedComponent {
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  readonly places: Places;
}

/**
 * Whether bytes begin as a component does; a core module has another version and layer.
 *
 * @example
 * ```ts
 * const metered = isComponent(bytes) ? instrumentComponent(bytes, { fuel: 100_000_000n }) : instrument(bytes);
 * ```
 */
export function isComponent(bytes: Uint8Array): boolean {
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  return bytes instanceof Uint8Array && preamble.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads a component: its definitions with unresolved indices, its core modules as bytes.
 *
 * Indices are in range, names follow the component model's grammar and are strongly unique, nesting and counts are bounded.
 *
 * @param bytes A binary component. The result refers to it; it is not changed.
 * @throws {InstrumentError} `malformed`, `invalid`, `unsupported` (async, values, imported core modules) or `limit`, with a
 * byte offset.
 *
 * @example
 * ```ts
 * const { component, modules } = decodeComponent(bytes);
 * const imports = component.definitions.filter(({ kind }) => kind === "import");
 * ```
 */
export function decodeComponent(bytes: Uint8Array): DecodedComponent {
  const { component, modules, customSections } = readComponent(bytes);
  return { component, modules, customSections };
}

export function readComponent(bytes: Uint8Array): ReadComponent {
  requireBytes(bytes, "the component");
  const modules: Uint8Array[] = [];
  const scope = new Scope(null, true);
  const layout = readLayout(new ComponentReader(bytes, 0, bytes.length), scope, modules);
  const customSections = layout.sections
    .filter(({ id }) => id === ComponentSection.custom)
    .map(({ name, start, end }) => ({ name, content: bytes.subarray(start, end) }));
  return { bytes, component: layout.component, modules, customSections, layout, places: scope.places };
}

function preamble(reader: ComponentReader): void {
  const { bytes, position: at } = reader;
  if (
    reader.end - at < 8 ||
    bytes[at] !== 0 ||
    bytes[at + 1] !== 0x61 ||
    bytes[at + 2] !== 0x73 ||
    bytes[at + 3] !== 0x6d
  )
    reader.fail("not a WebAssembly component: it does not begin with \\0asm and a version");
  const version = bytes[at + 4]! | (bytes[at + 5]! << 8);
  const layer = bytes[at + 6]! | (bytes[at + 7]! << 8);
  if (layer === 0) reader.fail(`a core module (version ${version}), where a component is wanted`, at + 4);
  if (version !== 0x0d || layer !== 1)
    reader.unsupported(`version ${hex(version)} of layer ${layer} is not supported: 0x0d of layer 1 is`, at + 4);
  reader.position = at + 8;
}

/** Reads the component from the reader's position to its end. */
function readLayout(reader: ComponentReader, scope: Scope, modules: Uint8Array[]): Layout {
  const { bytes, position } = reader;
  preamble(reader);
  const definitions: Definition[] = [];
  const sections: SectionLayout[] = [];
  const instantiations: Instantiation[] = [];
  const inner: Layout["inner"][number][] = [];

  const readers: Record<number, (content: ComponentReader) => Definition> = {
    [ComponentSection.coreInstance]: (content) =>
      readCoreInstance(content, scope, (instantiation) => instantiations.push(instantiation)),
    [ComponentSection.coreType]: (content) => {
      const at = content.position;
      skipCoreType(content, scope.places);
      scope.define("core type", content, at);
      return { kind: "core-type" };
    },
    [ComponentSection.instance]: (content) =>
      readInstance(content, scope, (component, place) => inner.push({ component, place })),
    [ComponentSection.alias]: (content) => readAlias(content, scope),
    [ComponentSection.type]: (content) => {
      const at = content.position;
      const type = readType(content, scope);
      scope.define("type", content, at);
      return { kind: "type", type };
    },
    [ComponentSection.canon]: (content) => readCanon(content, scope),
    [ComponentSection.import]: (content) => readImport(content, scope),
    [ComponentSection.export]: (content) => readExport(content, scope),
  };

  while (!reader.atEnd) {
    const header = reader.position;
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size, `section ${id}`);
    const end = reader.position;
    const content = reader.part(start, end);
    let name = "";
    let contentStart = start;
    let nested: Layout | null = null;
    const first = definitions.length;
    const starts: number[] = [];
    switch (id) {
      case ComponentSection.custom:
        name = content.coreName();
        contentStart = content.position;
        content.position = end;
        break;
      case ComponentSection.coreModule:
        if (modules.length >= mostModules)
          reader.limit(`the component has more than ${mostModules} core modules: at most that many are read`, header);
        definitions.push({ kind: "core-module", module: modules.length });
        modules.push(bytes.subarray(start, end));
        scope.define("core module", reader, header);
        content.position = end;
        break;
      case ComponentSection.component:
        if (scope.depth >= deepestNesting)
          reader.limit(`components are inside each other more than ${deepestNesting} deep`, header);
        nested = readLayout(content, new Scope(scope, true), modules);
        definitions.push({ kind: "component", component: nested.component });
        scope.define("component", reader, header);
        break;
      case ComponentSection.start:
        definitions.push(readStart(content, scope));
        break;
      case ComponentSection.value:
        reader.unsupported("values (section 12) are not supported", header);
        break;
      default: {
        const read = readers[id];
        if (read === undefined)
          throw new InstrumentError("unsupported", `section ${id} is not known to this version`, header);
        const readNext = () => {
          starts.push(content.position);
          return read(content);
        };
        for (const definition of content.vector("definitions", 1, readNext)) definitions.push(definition);
      }
    }
    if (!content.atEnd) content.fail(`section ${id} is longer than its content`);
    sections.push({ id, header, start: contentStart, end, name, nested, first, starts });
  }
  return { component: { definitions }, scope, start: position, end: reader.end, sections, instantiations, inner };
}

function readStart(reader: ComponentReader, scope: Scope): Start {
  const start: Start = { kind: "start", function: scope.index("func", reader) };
  const at = reader.position;
  if (reader.u32() !== 0 || reader.u32() !== 0) reader.unsupported("a start function with values is not supported", at);
  return start;
}

function readImport(reader: ComponentReader, scope: Scope): Import {
  const at = reader.position;
  const name = reader.attributedName();
  scope.importName(name, reader, at);
  const externAt = reader.position;
  const extern = readExternType(reader, scope);
  if (extern.kind === "core-module" && scope.parent === null)
    reader.unsupported(
      "core modules imported from the host are not supported: what they do cannot be metered",
      externAt,
    );
  scope.defineExtern(extern, reader, at);
  return { kind: "import", name, extern };
}

function readExport(reader: ComponentReader, scope: Scope): Export {
  const at = reader.position;
  const name = reader.attributedName();
  scope.exportName(name, reader, at);
  const sort = readBorderSort(reader);
  const index = scope.index(spaceOf(sort), reader);
  const thereAt = reader.position;
  const there = reader.byte();
  if (there > 1) reader.fail(`${hex(there)} says neither that a type is given nor that it is not`, thereAt);
  const extern = there === 1 ? readExternType(reader, scope) : null;
  if (extern !== null && extern.kind !== sort)
    reader.invalid(`an export of sort ${sort} is given the type of a ${extern.kind}`, thereAt);
  scope.define(spaceOf(sort), reader, at);
  return { kind: "export", name, sort, index, extern };
}
