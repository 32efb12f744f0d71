/**
 * Job: build all kernels and write into kernels.json what is true of them: hashes, results by the host's CPU, fuel by Wasmtime.
 * Never: use our own meter or V8: these numbers are what they are held against.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOf } from "./cache.ts";
import { contest, wasmtimeVersion } from "./contest.ts";
import { buildKernel, type Kernel, kernelFolder, kernelList, readKernels, zigVersion } from "./kernels.ts";
import { wheel } from "./packages.ts";

const main =
  "int printf(const char *, ...);\nint atoi(const char *);\nunsigned run(unsigned);\n" +
  'int main(int c, char **v) { return c < 2 || printf("%u", run(atoi(v[1]))) < 0; }\n';

async function measureKernel(kernel: Kernel, bytes: Uint8Array): Promise<Kernel> {
  const folder = mkdtempSync(join(tmpdir(), "capsule-accept-"));
  try {
    const program = join(folder, "native");
    writeFileSync(join(folder, "main.c"), main);
    const source = join(kernelFolder, kernel.set, `${kernel.name}.c`);
    const options = [
      "cc",
      "-O1",
      "-ffp-contract=off",
      "-fno-sanitize=all",
      "-o",
      program,
      join(folder, "main.c"),
      source,
    ];
    execFileSync("python3", ["-m", "ziglang", ...options], {
      env: { ...process.env, PYTHONPATH: wheel("ziglang", zigVersion) },
    });
    const native = (n: number) => Number(execFileSync(program, [String(n)], { encoding: "utf8" }));

    const module = join(folder, "kernel.wasm");
    writeFileSync(module, bytes);
    const start = { module, recipe: { kind: "run" as const, n: kernel.small.n }, fuel: true };
    const timings = await contest([{ name: `Wasmtime ${wasmtimeVersion}`, engine: "wasmtime", start }], {
      processes: 1,
      rounds: 1,
      warm: 0,
    });
    const { result, fuel } = [...timings.values()][0]!;
    const small = { n: kernel.small.n, result: native(kernel.small.n), fuel: Number(fuel) };
    if (Number(result) !== small.result)
      throw new Error(`${kernel.name}: Wasmtime computes ${result}, the CPU ${small.result}`);
    return { ...kernel, result: native(kernel.n), small, sha256: hashOf(bytes) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const kernels: Kernel[] = [];
for (const kernel of readKernels()) kernels.push(await measureKernel(kernel, buildKernel(kernel)));
writeFileSync(kernelList, `${JSON.stringify(kernels, null, 2)}\n`);
console.log(`${kernels.length} kernels built and measured: ${kernelList} is written`);
