/** Job: run something synchronous that may never end, and end it after a while. Never: be needed when all is well. */
import { runInNewContext } from "node:vm";

/** V8 interrupts WebAssembly at loop headers and function entries, as it does JavaScript. */
export function guarded<T>(run: () => T, milliseconds = 30_000): T {
  return runInNewContext("run()", { run }, { timeout: milliseconds }) as T;
}
