/** Job: name what ended a WebAssembly call in V8, in the words of the specification's tests. Never: tell fuel from traps (the counter does). */

/** V8's messages and the names of the traps. Wasmtime tells some apart that V8 does not; see `sameTrap`. */
const messages: readonly (readonly [RegExp, string])[] = [
  [/unreachable/, "unreachable"],
  [/memory access out of bounds|data segment.*out of bounds/, "out of bounds memory"],
  [/divide by zero|remainder by zero/, "integer divide by zero"],
  [/divide result unrepresentable/, "integer overflow"],
  [/float unrepresentable in integer range/, "integer overflow or invalid conversion"],
  [/table index is out of bounds|element segment.*out of bounds|table.*out of bounds/, "out of bounds table"],
  [/function signature mismatch/, "uninitialized element or bad signature"],
  [/dereferencing a null pointer|rethrowing null value/, "null reference"],
  [/illegal cast/, "cast failure"],
  [/array element access out of bounds|array.*out of bounds/, "out of bounds array"],
  [/type incompatibility when transforming/, "javascript boundary"],
];

export type Ending =
  | { readonly kind: "trap"; readonly trap: string }
  | { readonly kind: "exception" }
  | { readonly kind: "exhausted" }
  | { readonly kind: "link"; readonly message: string };

/** What a thrown value means; anything that WebAssembly did not throw is thrown on. */
export function ending(error: unknown): Ending {
  if (error instanceof WebAssembly.RuntimeError) {
    const trap = messages.find(([pattern]) => pattern.test(error.message))?.[1];
    return { kind: "trap", trap: trap ?? `unknown: ${error.message}` };
  }
  if (error instanceof WebAssembly.Exception) return { kind: "exception" };
  if (error instanceof RangeError && /call stack/.test(error.message)) return { kind: "exhausted" };
  if (error instanceof WebAssembly.LinkError) return { kind: "link", message: error.message };
  throw error;
}

/** Whether a trap of V8 may be what Wasmtime (or the oracle, which uses Wasmtime's names) calls `other`. */
export function sameTrap(ours: string, other: string): boolean {
  if (ours === "integer overflow or invalid conversion") return /overflow|conversion/.test(other);
  if (ours === "uninitialized element or bad signature") return /uninitialized|signature|bad signature/.test(other);
  return ours === other;
}
