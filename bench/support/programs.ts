/** Job: what the benchmarks run: the C kernels and the real programs, with where they come from and what they have to answer. Never: run them. */
import { kernelModule, readKernels } from "./kernels.ts";
import { realPrograms } from "./real-programs.ts";
import type { Recipe } from "./recipe.ts";

export interface Program {
  readonly name: string;
  readonly kind: "kernel" | "program";
  /** The table that it belongs to. */
  readonly set: string;
  /** Whether every run costs the same fuel. */
  readonly steady: boolean;
  readonly recipe: () => Recipe;
  /** Expected result; null where only the agreement of all variants is asked for. */
  readonly result: string | null;
  readonly bytes: () => Uint8Array;
}

export interface Selection {
  /** Names of programs, or of the sets `tuned`, `held-out`, `real`; empty: all. */
  readonly only: readonly string[];
  readonly kernelsOnly: boolean;
}

const setNames: Readonly<Record<string, string>> = {
  tuned: "kernels (tuned)",
  "held-out": "kernels (held out)",
  real: "real programs",
};

export function programs({ only, kernelsOnly }: Selection): { found: Program[]; skipped: string[] } {
  const skipped: string[] = [];
  const wanted = (name: string, set: string) => only.length === 0 || only.includes(name) || only.includes(set);
  const found: Program[] = readKernels()
    .filter(({ name, set }) => wanted(name, set))
    .map((kernel) => ({
      name: kernel.name,
      kind: "kernel",
      set: setNames[kernel.set]!,
      steady: true,
      recipe: () => ({ kind: "run", n: kernel.n }),
      result: String(kernel.result),
      bytes: () => kernelModule(kernel),
    }));
  if (kernelsOnly) skipped.push("real programs (--quick)");
  else
    for (const { name, steady, bytes, recipe } of realPrograms)
      if (wanted(name, "real"))
        found.push({ name, kind: "program", set: setNames.real!, steady, recipe, result: null, bytes });
  // What cannot be had here (no Python, no registry) is said, and the rest runs.
  const available = found.filter((program) => {
    try {
      program.bytes();
      return true;
    } catch (error) {
      skipped.push(`${program.name}: ${String(error).split("\n")[0]}`);
      return false;
    }
  });
  return { found: available, skipped };
}
