/** Job: a bundle as bytecode of the runtime that will run it: parsed once, in a sandbox without rights, and kept. Never: run it. */
import { cacheKey } from "../../cache.ts";
import { CapsuleError } from "../../errors.ts";
import { defaultQuotas } from "../../wasi/config.ts";
import type { EngineContext } from "../interface.ts";
import type { Runtime } from "./image.ts";

/** Of a program of the largest size that is bundled. */
const mostMemoryBytes = 1024 * 1024 * 1024;
const mostBytecodeBytes = 64 * 1024 * 1024;
const timeoutMs = 60_000;

/** @throws CapsuleError `build_error` for what QuickJS does not take for a program */
export async function compile(runtime: Runtime, code: string, context: EngineContext): Promise<SharedArrayBuffer> {
  const bytecode = await context.cache.get(cacheKey("javascript bytecode", runtime.key, code), async () => {
    const into = new SharedArrayBuffer(Math.min(mostBytecodeBytes, 64 * 1024 + 8 * code.length));
    const { ending } = await context.run(
      {
        module: runtime.module,
        memories: runtime.memories,
        startFuel: runtime.startFuel,
        canThrow: runtime.canThrow,
        fuel: 1n,
        memoryBytes: mostMemoryBytes,
        stdin: null,
        input: {
          engine: "javascript",
          extensions: runtime.extensions,
          request: "",
          start: { kind: "compile", image: runtime.image, source: code, into },
        },
        kernel: {
          args: [],
          env: [],
          mounts: [],
          preopens: ["/"],
          clock: { kind: "virtual", startNs: 0n },
          random: { kind: "seeded", seed: 0n },
          quotas: defaultQuotas,
        },
      },
      {},
      { timeoutMs },
    );
    if (ending.kind === "returned") return new Uint8Array(into, 0, Number(ending.value)).slice();
    const why = "message" in ending ? ending.message : ending.kind;
    throw new CapsuleError("build_error", `the program does not compile: ${why}`);
  });
  const shared = new SharedArrayBuffer(bytecode.byteLength);
  new Uint8Array(shared).set(bytecode);
  return shared;
}
