/**
 * Job: QuickJS as a metered instance with its side modules, driven through its raw exports: values are addresses of boxed
 * `JSValue`s, texts and bytes are copied.
 * Never: convert a guest's value by running guest code; keep JavaScript objects of the guest on this side.
 *
 * The module is the npm package quickjs-wasi's; its own host API is not used: it makes its own instance and its own WASI,
 * and it speaks in handles that can run guest code. What is needed here is a dozen calls.
 *
 * Side modules (`*.so`) are linked as the tool conventions for dynamic linking say: data at a base that the main module
 * allocated, table entries behind the main module's, functions by name. Restoring an image repeats the same links at the
 * same places, because memory holds table indices.
 */
import type { QuickJSBases, QuickJSExtension } from "../protocol.ts";

/** Addresses of boxed values; 0 is none. */
export type Value = number;

interface Exports extends WebAssembly.Exports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global;
  readonly __indirect_function_table: WebAssembly.Table;
  readonly _initialize: () => void;
  readonly malloc: (bytes: number) => number;
  readonly wasm_malloc: (bytes: number) => number;
  readonly wasm_free: (address: number) => void;
  readonly qjs_init: () => number;
  readonly qjs_set_max_stack_size: (bytes: number) => void;
  readonly qjs_set_promise_rejection_handler: (on: number) => void;
  readonly qjs_run_gc: () => void;
  readonly qjs_eval: (text: number, bytes: number, name: number, flags: number) => Value;
  readonly qjs_compile: (
    text: number,
    bytes: number,
    name: number,
    flags: number,
    compileFlags: number,
    lengthAt: number,
  ) => number;
  readonly qjs_eval_bytecode: (bytecode: number, bytes: number) => Value;
  readonly qjs_call: (callee: Value, self: Value, count: number, args: number) => Value;
  readonly qjs_is_exception: (value: Value) => number;
  readonly qjs_get_exception: () => Value;
  readonly qjs_throw: (value: Value) => void;
  readonly qjs_is_job_pending: () => number;
  readonly qjs_execute_pending_job: () => number;
  readonly qjs_get_global: () => Value;
  readonly qjs_get_undefined: () => Value;
  readonly qjs_get_prop_string: (object: Value, name: number) => Value;
  readonly qjs_set_prop_string: (object: Value, name: number, value: Value) => void;
  readonly qjs_new_host_function: (name: number, bytes: number, arity: number) => Value;
  readonly qjs_new_string: (text: number, bytes: number) => Value;
  readonly qjs_new_array_buffer: (bytes: number, length: number) => Value;
  readonly qjs_free_value: (value: Value) => void;
  readonly qjs_dup_value: (value: Value) => Value;
  readonly qjs_is_string: (value: Value) => number;
  readonly qjs_is_number: (value: Value) => number;
  readonly qjs_is_array_buffer: (value: Value) => number;
  readonly qjs_get_string: (value: Value) => number;
  readonly qjs_get_string_len: (value: Value, length: number) => number;
  readonly qjs_free_cstring: (text: number) => void;
  readonly qjs_get_float64: (value: Value) => number;
  readonly qjs_get_array_buffer: (value: Value, length: number) => number;
  readonly qjs_get_value_ptr: (value: Value) => number;
  readonly qjs_get_runtime_ptr: () => number;
  readonly qjs_get_context_ptr: () => number;
  readonly qjs_set_runtime_and_context: (runtime: number, context: number) => void;
}

/** Half of the stack that the module was linked with: the rest is for C code that does not ask. */
const guestStackBytes = 512 * 1024;
export const evalModule = 1;

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** Makes an instance of a side module with these imports. */
export type Link = (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance;

export class QuickJS {
  readonly exports: Exports;

  constructor(instance: WebAssembly.Instance) {
    this.exports = instance.exports as Exports;
  }

  /** A new runtime with its extensions; to be called once, on memory that is not an image. */
  boot(extensions: readonly QuickJSExtension[], link: Link): QuickJSBases[] {
    const { exports } = this;
    exports._initialize();
    if (exports.qjs_init() !== 0) throw new Error("QuickJS did not start");
    exports.qjs_set_max_stack_size(guestStackBytes);
    const bases: QuickJSBases[] = [];
    for (const extension of extensions) {
      const memory = extension.memoryBytes === 0 ? 0 : exports.malloc(extension.memoryBytes);
      new Uint8Array(exports.memory.buffer, memory, extension.memoryBytes).fill(0);
      const base = { memory, table: exports.__indirect_function_table.length };
      const side = this.#link(extension, base, link);
      for (const name of ["__wasm_apply_data_relocs", "__wasm_call_ctors"]) {
        const call = side.exports[name];
        if (typeof call === "function") call();
      }
      const init = side.exports[`qjs_ext_${extension.name}_init`];
      if (typeof init !== "function") throw new Error(`extension ${extension.name} has no init function`);
      if (init(exports.qjs_get_context_ptr(), exports.qjs_get_runtime_ptr()) !== 0)
        throw new Error(`extension ${extension.name} did not start`);
      bases.push(base);
    }
    return bases;
  }

  /** Links the extensions where they were when the image was made; memory is put back by the caller afterwards. */
  relink(extensions: readonly QuickJSExtension[], bases: readonly QuickJSBases[], link: Link): void {
    extensions.forEach((extension, index) => {
      this.#link(extension, bases[index]!, link);
    });
  }

  #link(extension: QuickJSExtension, base: QuickJSBases, link: Link): WebAssembly.Instance {
    const table = this.exports.__indirect_function_table;
    table.grow(Math.max(0, base.table + extension.tableSize - table.length));
    const i32 = (value: number, mutable: boolean) => new WebAssembly.Global({ value: "i32", mutable }, value);
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { env: {}, "GOT.mem": {}, "GOT.func": {} };
    const env = imports["env"]!;
    let own: WebAssembly.Exports = {};
    for (const { module, name, kind } of WebAssembly.Module.imports(extension.module)) {
      if (module === "env" && name === "__memory_base") env[name] = i32(base.memory, false);
      else if (module === "env" && name === "__table_base") env[name] = i32(base.table, false);
      else if (module === "env" && this.exports[name] !== undefined) env[name] = this.exports[name];
      else if (module === "env" && kind === "function") {
        // A weak symbol of C++ that the side module imports from itself: there is no other way to close the circle.
        env[name] = (...args: number[]) => {
          const target = own[name];
          if (typeof target !== "function") throw new WebAssembly.RuntimeError(`unresolved symbol ${name}`);
          return target(...args);
        };
      } else if (module === "GOT.func") {
        const target = this.exports[name];
        let index = 0;
        if (typeof target === "function") {
          index = table.grow(1);
          table.set(index, target);
        }
        imports[module]![name] = i32(index, true);
      } else if (module === "GOT.mem") imports[module]![name] = i32(0, true);
    }
    const instance = link(extension.module, imports);
    own = instance.exports;
    return instance;
  }

  /** Runs `use` with `value` as bytes in the guest's memory, zero-terminated. */
  #withBytes<T>(bytes: Uint8Array, use: (address: number, length: number) => T): T {
    const address = this.exports.wasm_malloc(bytes.length + 1);
    if (address === 0) throw new OutOfGuestMemory();
    const memory = new Uint8Array(this.exports.memory.buffer);
    memory.set(bytes, address);
    memory[address + bytes.length] = 0;
    try {
      return use(address, bytes.length);
    } finally {
      this.exports.wasm_free(address);
    }
  }

  /** Evaluates a script (0) or a module (`evalModule`: gives a promise); an exception comes back as a value, see `thrown`. */
  evaluate(source: string, name: string, flags: number): Value {
    return this.#withBytes(utf8.encode(name), (nameAt) =>
      this.#withBytes(utf8.encode(source), (at, length) => this.exports.qjs_eval(at, length, nameAt, flags)),
    );
  }

  /** A module's bytecode; null where it is no program: the exception is in the context. */
  compile(source: string, name: string): Uint8Array | null {
    const { exports } = this;
    const lengthAt = exports.wasm_malloc(4);
    if (lengthAt === 0) throw new OutOfGuestMemory();
    const at = this.#withBytes(utf8.encode(name), (nameAt) =>
      this.#withBytes(utf8.encode(source), (from, length) =>
        exports.qjs_compile(from, length, nameAt, evalModule, 0, lengthAt),
      ),
    );
    const length = new DataView(exports.memory.buffer).getUint32(lengthAt, true);
    return at === 0 ? null : new Uint8Array(exports.memory.buffer, at, length).slice();
  }

  /** Runs a module's bytecode, which this image has compiled: gives a promise; an exception as `call` does. */
  evaluateBytecode(bytecode: Uint8Array): Value {
    return this.#withBytes(bytecode, (at, length) => this.exports.qjs_eval_bytecode(at, length));
  }

  /** Calls a function of the guest; the arguments stay the caller's. */
  call(callee: Value, ...args: Value[]): Value {
    const { exports } = this;
    const list = exports.wasm_malloc(4 * args.length + 4);
    if (list === 0) throw new OutOfGuestMemory();
    new Uint32Array(exports.memory.buffer, list, args.length).set(args);
    try {
      return exports.qjs_call(callee, exports.qjs_get_undefined(), args.length, list);
    } finally {
      exports.wasm_free(list);
    }
  }

  /** The exception that `value` stands for, taken out of the context; null where it is an ordinary value. */
  thrown(value: Value): Value | null {
    return this.exports.qjs_is_exception(value) === 0 ? null : this.exports.qjs_get_exception();
  }

  newString(value: string): Value {
    return this.#withBytes(utf8.encode(value), (at, length) => this.exports.qjs_new_string(at, length));
  }

  newBytes(bytes: Uint8Array): Value {
    return this.#withBytes(bytes, (at, length) => this.exports.qjs_new_array_buffer(at, length));
  }

  newHostFunction(name: string): Value {
    return this.#withBytes(utf8.encode(name), (at, length) => this.exports.qjs_new_host_function(at, length, 0));
  }

  global(name: string): Value {
    return this.#withBytes(utf8.encode(name), (at) =>
      this.exports.qjs_get_prop_string(this.exports.qjs_get_global(), at),
    );
  }

  setGlobal(name: string, value: Value): void {
    this.#withBytes(utf8.encode(name), (at) =>
      this.exports.qjs_set_prop_string(this.exports.qjs_get_global(), at, value),
    );
  }

  /** A string's text, at most `mostBytes` of UTF-8; null for anything that is no string, or longer. Runs no guest code. */
  readString(value: Value, mostBytes: number): string | null {
    const { exports } = this;
    if (exports.qjs_is_string(value) === 0) return null;
    const lengthAt = exports.wasm_malloc(4);
    if (lengthAt === 0) throw new OutOfGuestMemory();
    const at = exports.qjs_get_string_len(value, lengthAt);
    const length = new DataView(exports.memory.buffer).getUint32(lengthAt, true);
    exports.wasm_free(lengthAt);
    if (at === 0) throw new OutOfGuestMemory();
    const result = length > mostBytes ? null : text.decode(new Uint8Array(exports.memory.buffer, at, length));
    exports.qjs_free_cstring(at);
    return result;
  }

  /** A copy of an ArrayBuffer's bytes, at most `mostBytes`; null for anything else. Runs no guest code. */
  readBytes(value: Value, mostBytes: number): Uint8Array | null {
    const { exports } = this;
    if (exports.qjs_is_array_buffer(value) === 0) return null;
    const lengthAt = exports.wasm_malloc(4);
    if (lengthAt === 0) throw new OutOfGuestMemory();
    const at = exports.qjs_get_array_buffer(value, lengthAt);
    const length = new DataView(exports.memory.buffer).getUint32(lengthAt, true);
    exports.wasm_free(lengthAt);
    if (length > mostBytes || (at === 0 && length > 0)) return null;
    return new Uint8Array(exports.memory.buffer, at, length).slice();
  }

  readNumber(value: Value): number | null {
    return this.exports.qjs_is_number(value) === 0 ? null : this.exports.qjs_get_float64(value);
  }

  /** Equal for two boxes of one object, as long as it lives. */
  identity(value: Value): number {
    return this.exports.qjs_get_value_ptr(value);
  }

  /** An exception's own text for our own messages: runs code of the guest's side, so only of the prelude's exceptions. */
  describe(thrown: Value): string {
    const read = (name: string) => {
      const value = this.#withBytes(utf8.encode(name), (at) => this.exports.qjs_get_prop_string(thrown, at));
      return this.readString(value, 4_000) ?? "";
    };
    const text = this.readString(thrown, 4_000) ?? `${read("message")}\n${read("stack")}`.trim();
    return text === "" ? "no text" : text;
  }

  free(value: Value): void {
    this.exports.qjs_free_value(value);
  }

  /** Runs promise reactions until there are none; an exception of one stays in the context. */
  runJobs(): void {
    while (this.exports.qjs_is_job_pending() !== 0) this.exports.qjs_execute_pending_job();
  }
}

/** The guest's memory has no room for what the host must put into it. */
export class OutOfGuestMemory extends Error {
  constructor() {
    super("no memory left in the sandbox");
    this.name = "OutOfGuestMemory";
  }
}
