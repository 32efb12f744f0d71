/**
 * Job: a component as data: its definitions in the order of the binary, indices unresolved, types as they were written.
 * Source: Component Model, design/mvp/Binary.md, https://github.com/WebAssembly/component-model.
 * Never: bytes (see decode.ts), nor what an index means at run time (that is a linker's).
 */

/** One component; nested ones are definitions of it. Plain data: it can be posted to a thread. */
export interface Component {
  readonly definitions: readonly Definition[];
}

/** Everything below a component that gets an index, each in its own index space, plus exports and a start. */
export type Definition =
  | CoreModule
  | CoreInstance
  | CoreType
  | NestedComponent
  | Instance
  | Alias
  | TypeDefinition
  | Canon
  | Start
  | Import
  | Export;

/** `module`: its number among all core modules of the outermost component, in the order of the binary. */
export interface CoreModule {
  readonly kind: "core-module";
  readonly module: number;
}

export interface CoreInstance {
  readonly kind: "core-instance";
  readonly from:
    | { readonly kind: "instantiate"; readonly module: number; readonly args: readonly CoreArgument[] }
    | { readonly kind: "exports"; readonly exports: readonly CoreExport[] };
}
export interface CoreArgument {
  readonly name: string;
  readonly instance: number;
}
export interface CoreExport {
  readonly name: string;
  readonly sort: CoreSort;
  readonly index: number;
}
export type CoreSort = "func" | "table" | "memory" | "global" | "tag" | "type" | "module" | "instance";

/** Only counted: it takes an index. Only nested components import core modules, and a core function's type is its module's. */
export interface CoreType {
  readonly kind: "core-type";
}

export interface NestedComponent {
  readonly kind: "component";
  readonly component: Component;
}

export interface Instance {
  readonly kind: "instance";
  readonly from:
    | { readonly kind: "instantiate"; readonly component: number; readonly args: readonly SortedName[] }
    | { readonly kind: "exports"; readonly exports: readonly SortedName[] };
}
export interface SortedName {
  readonly name: string;
  readonly sort: Sort;
  readonly index: number;
}
/** "core-module" is the only core sort that crosses a component's border. */
export type Sort = "core-module" | "func" | "type" | "component" | "instance";

export interface Alias {
  readonly kind: "alias";
  readonly target:
    | { readonly kind: "export"; readonly sort: Sort; readonly instance: number; readonly name: string }
    | { readonly kind: "core-export"; readonly sort: CoreSort; readonly instance: number; readonly name: string }
    /** `count` components outwards (0: this one). */
    | {
        readonly kind: "outer";
        readonly sort: "core-module" | "core-type" | "type" | "component";
        readonly count: number;
        readonly index: number;
      };
}

export interface TypeDefinition {
  readonly kind: "type";
  readonly type: DefinedType;
}

export type DefinedType =
  | ValueShape
  | FunctionType
  | { readonly kind: "component"; readonly declarations: readonly Declaration[] }
  | { readonly kind: "instance"; readonly declarations: readonly Declaration[] }
  /** A resource of this component; `destructor`: index of a core function. */
  | { readonly kind: "resource"; readonly destructor: number | null };

export interface FunctionType {
  readonly kind: "func";
  readonly parameters: readonly Labelled[];
  readonly result: ValueType | null;
}
export interface Labelled {
  readonly name: string;
  readonly type: ValueType;
}

export type Primitive =
  | "bool"
  | "s8"
  | "u8"
  | "s16"
  | "u16"
  | "s32"
  | "u32"
  | "s64"
  | "u64"
  | "f32"
  | "f64"
  | "char"
  | "string";

/** A primitive, or the index of a type. */
export type ValueType = Primitive | number;

export type ValueShape =
  | { readonly kind: "primitive"; readonly primitive: Primitive }
  | { readonly kind: "record"; readonly fields: readonly Labelled[] }
  | {
      readonly kind: "variant";
      readonly cases: readonly { readonly name: string; readonly type: ValueType | null }[];
    }
  /** `length`: null for a list of any length. */
  | { readonly kind: "list"; readonly element: ValueType; readonly length: number | null }
  | { readonly kind: "tuple"; readonly elements: readonly ValueType[] }
  | { readonly kind: "flags"; readonly names: readonly string[] }
  | { readonly kind: "enum"; readonly names: readonly string[] }
  | { readonly kind: "option"; readonly element: ValueType }
  | { readonly kind: "result"; readonly ok: ValueType | null; readonly error: ValueType | null }
  /** `resource`: index of a resource type. */
  | { readonly kind: "own"; readonly resource: number }
  | { readonly kind: "borrow"; readonly resource: number };

/** What stands in a component type or an instance type; type indices are of that type's own space. */
export type Declaration = CoreType | TypeDefinition | Alias | Import | ExportDeclaration;

export interface ExportDeclaration {
  readonly kind: "export-declaration";
  readonly name: string;
  readonly extern: ExternType;
}

export type ExternType =
  | { readonly kind: "core-module"; readonly type: number }
  | { readonly kind: "func"; readonly type: number }
  | { readonly kind: "component"; readonly type: number }
  | { readonly kind: "instance"; readonly type: number }
  /** `equals`: the index of the type that it is; null: any resource type. */
  | { readonly kind: "type"; readonly equals: number | null };

export interface Canon {
  readonly kind: "canon";
  readonly canon:
    | { readonly kind: "lift"; readonly coreFunction: number; readonly options: CanonOptions; readonly type: number }
    | { readonly kind: "lower"; readonly function: number; readonly options: CanonOptions }
    | { readonly kind: "resource-new" | "resource-drop" | "resource-rep"; readonly resource: number };
}
export interface CanonOptions {
  readonly encoding: "utf8" | "utf16" | "latin1+utf16";
  /** Indices of a core memory and of core functions. */
  readonly memory: number | null;
  readonly realloc: number | null;
  readonly postReturn: number | null;
}

/** Calls a function without parameters that the program can see; values are not supported. */
export interface Start {
  readonly kind: "start";
  readonly function: number;
}

export interface Import {
  readonly kind: "import";
  /** As written: "wasi:cli/environment@0.2.0", or a plain name. */
  readonly name: string;
  readonly extern: ExternType;
}

export interface Export {
  readonly kind: "export";
  readonly name: string;
  readonly sort: Sort;
  readonly index: number;
  /** The type that it is given; null: the type that it has. */
  readonly extern: ExternType | null;
}
