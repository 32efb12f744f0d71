/**
 * Job: the C kernels of `fixtures/kernels` as modules: built with the `ziglang` wheel, verified by hash, kept in the cache.
 * `npm run kernels` builds them all. Changed sources need `node bench/support/accept-kernels.ts` first.
 * Never: run them.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cachedFile, cachePath } from "./cache.ts";
import { wheel } from "./packages.ts";

export const kernelFolder = resolve(import.meta.dirname, "../../fixtures/kernels");
export const kernelList = join(kernelFolder, "kernels.json");

export interface Kernel {
  readonly name: string;
  /** `tuned`: looked at while the rewriter was made. `held-out`: measured only after its design was fixed. */
  readonly set: "tuned" | "held-out";
  /** `run(n)` takes some 20 ms unmetered, and answers `result`: the number that the C code gives when built for the host's CPU. */
  readonly n: number;
  readonly result: number;
  /** The same for a run that is short enough for tests, with the fuel that Wasmtime 50.0.1 reports for it. */
  readonly small: { readonly n: number; readonly result: number; readonly fuel: number };
  readonly sha256: string;
}

/** Freestanding, so that a kernel is its own code and nothing else; no vector code, so that every engine runs the same loops. */
const flags = [
  "-target",
  "wasm32-freestanding",
  "-mcpu=generic",
  "-O2",
  "-nostdlib",
  "-ffp-contract=off",
  "-Wall",
  "-Wextra",
  "-Wl,--no-entry",
  "-Wl,--strip-debug",
];

export const zigVersion = "0.15.2";

export function readKernels(): Kernel[] {
  return JSON.parse(readFileSync(kernelList, "utf8")) as Kernel[];
}

export function compileC(sources: readonly string[], options: readonly string[]): Uint8Array {
  const building = mkdtempSync(join(tmpdir(), "capsule-kernel-"));
  try {
    const output = join(building, "out.wasm");
    execFileSync("python3", ["-m", "ziglang", "cc", ...options, "-o", output, ...sources], {
      env: { ...process.env, PYTHONPATH: wheel("ziglang", zigVersion) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return readFileSync(output);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

export const buildKernel = (kernel: Kernel): Uint8Array =>
  compileC([join(kernelFolder, kernel.set, `${kernel.name}.c`)], flags);

/** The kernel's module, from the cache or built. */
export function kernelModule(kernel: Kernel): Uint8Array {
  return cachedFile(`kernels/${kernel.name}.wasm`, kernel.sha256, () => buildKernel(kernel));
}

if (import.meta.main) {
  const kernels = readKernels();
  for (const kernel of kernels) kernelModule(kernel);
  console.log(`${kernels.length} kernels are in ${cachePath("kernels")}`);
}
