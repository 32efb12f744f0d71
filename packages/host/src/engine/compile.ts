/**
 * Job: compile the modules of an engine as they come out of the cache: for a process that lives on, or for one that ends after
 * one run.
 * Never: compile a user's module; leave V8's flags changed.
 */
import { setFlagsFromString } from "node:v8";
import type { EngineContext } from "./interface.ts";

/** V8's own. */
const standardBudget = 13_000_000;

/**
 * What a function of an engine burns, in bytes of its code, until V8 optimises it. The interpreter's loop is one function of
 * a megabyte and burns the standard budget in a hundred bytecodes: then TurboFan works on it for 150 ms, which a process
 * that is done waits for. This is as much as booting from the image and a few thousand bytecodes take.
 */
const patientBudget = 1_000_000_000;

/**
 * For a `brief` process a module also is validated function by function at its first call, not all of it at once: an engine
 * has 18,000 functions, of which a short run calls 1,500. What comes out of the cache was valid when it was made, and is unchanged.
 */
export async function compileEngine(
  bytes: Uint8Array,
  { brief }: Pick<EngineContext, "brief">,
): Promise<WebAssembly.Module> {
  if (!brief) return WebAssembly.compile(bytes as BufferSource);
  // Both are read once, while the module is made. Set for longer they would cost more than they save: V8 takes no code from
  // caches that were made under other flags, Node's own included.
  setFlagsFromString(`--wasm-tiering-budget=${patientBudget}`);
  setFlagsFromString("--wasm-lazy-validation");
  try {
    return new WebAssembly.Module(bytes as BufferSource);
  } finally {
    setFlagsFromString(`--wasm-tiering-budget=${standardBudget}`);
    setFlagsFromString("--no-wasm-lazy-validation");
  }
}
