/**
 * Job: numpy in the sandbox: how long a program that imports it takes to start, and its kernels beside a native NumPy.
 * Never: time a kernel whose answer differs.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Capsule } from "@capsule-run/host";
import type { BenchOptions, BenchResult } from "./support/bench.ts";
import { best, geometricMean, median } from "./support/statistics.ts";

export const name = "numpy";
export const description = "start and kernels of numpy; beside the NumPy of CAPSULE_NATIVE_NUMPY, a Python command";

const file = join(import.meta.dirname, "support/numpy-kernels.py");
const command = join(import.meta.dirname, "../packages/cli/bin/capsule.js");
const cache = join(import.meta.dirname, "../node_modules/.cache/capsule-tests/bench");
const kernels = [...readFileSync(file, "utf8").matchAll(/^def (\w+)\(\):/gm)].map(([, kernel]) => kernel!);

interface Answer {
  readonly answer: string;
  readonly ms: readonly number[];
}

const program = "import numpy as np\ndef main(): return int(np.arange(10).sum())\n";

export async function run({ quick, only, say }: BenchOptions): Promise<BenchResult> {
  const work = mkdtempSync(join(tmpdir(), "capsule-numpy-"));
  await using capsule = await Capsule.open({ cache: { folder: join(cache, "capsule") }, pool: { threads: 1 } });
  try {
    copyFileSync(file, join(work, "kernels.py"));
    writeFileSync(join(work, "task.py"), program);
    const native = process.env["CAPSULE_NATIVE_NUMPY"];
    const notes: string[] = [];
    const hasNative = native !== undefined && spawnSync(native, ["-c", "import numpy"]).status === 0;
    if (!hasNative) notes.push("skipped: no native NumPy; name a Python that has it: CAPSULE_NATIVE_NUMPY=python3");

    say("start");
    const cold: number[] = [];
    const warm: number[] = [];
    for (let round = 0; round < (quick ? 4 : 12); round++) {
      const began = performance.now();
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      execFileSync(process.execPath, [command, "run", "task.py"], { cwd: work, env, stdio: "pipe" });
      if (round > 0) cold.push(performance.now() - began); // the first makes the image
    }
    for (let round = 0; round < (quick ? 20 : 60); round++) {
      const began = performance.now();
      const { error } = await capsule.run("task.py", { cwd: work });
      if (error !== null) throw new Error(error.message);
      if (round >= 10) warm.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 15)); // the thread puts its image back
    }
    const imports: number[] = [];
    if (hasNative)
      for (let round = 0; round < (quick ? 3 : 8); round++) {
        const began = performance.now();
        execFileSync(native, [join(work, "task.py")]);
        imports.push(performance.now() - began);
      }

    const rows: { kernel: string; native: number | null; sandbox: number }[] = [];
    for (const kernel of kernels.filter((kernel) => only.length === 0 || only.includes(kernel))) {
      say(kernel);
      const rounds = quick ? 3 : 8;
      const inSandbox = async (): Promise<Answer> => {
        const { error, result } = await capsule.run("kernels.py", { cwd: work, args: [kernel, rounds] });
        if (error !== null) throw new Error(`${kernel}: ${error.error_type}: ${error.message}`);
        return result as unknown as Answer;
      };
      await inSandbox(); // V8 compiles what it uses
      const sandbox = [await inSandbox(), await inSandbox()];
      const natively = hasNative
        ? (JSON.parse(execFileSync(native, [file, kernel, String(rounds)], { encoding: "utf8" })) as Answer)
        : null;
      if (natively !== null && natively.answer !== sandbox[0]!.answer)
        throw new Error(`${kernel}: the sandbox answers ${sandbox[0]!.answer}, native NumPy ${natively.answer}`);
      rows.push({
        kernel,
        native: natively === null ? null : best(natively.ms),
        sandbox: best(sandbox.flatMap(({ ms }) => ms)),
      });
    }
    const ratios = rows.flatMap(({ native, sandbox }) => (native === null ? [] : [sandbox / native]));
    return {
      tables: [
        {
          title: "Start of a program that imports numpy, ms",
          columns: ["what", "median", "best"],
          rows: [
            ["cold command", median(cold), best(cold)],
            ["warm call", median(warm), best(warm)],
            ...(hasNative ? [["native Python, import and all", median(imports), best(imports)] as const] : []),
          ],
          notes: [],
        },
        {
          title: "Kernels of numpy",
          columns: ["kernel", "native, ms", "sandbox, ms", "×"],
          rows: [
            ...rows.map(({ kernel, native, sandbox }) => [
              kernel,
              native,
              sandbox,
              native === null ? null : sandbox / native,
            ]),
            ["geometric mean", null, null, ratios.length === 0 ? null : geometricMean(ratios)],
          ],
          notes,
        },
      ],
      data: { cold, warm, imports, rows },
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
