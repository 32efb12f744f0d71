/**
 * Job: several variants of one program, each in a process of its own on one core, run in turn, round after round.
 * Never: decide what a variant is, or what the times mean.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ComponentStart } from "./component-recipe.ts";
import { wheel } from "./packages.ts";
import type { GuestAnswer, GuestStart } from "./recipe.ts";

export const wasmtimeVersion = "50.0.1";

export interface Variant {
  readonly name: string;
  readonly engine: "v8" | "wasmtime";
  readonly start: GuestStart | ComponentStart;
}

export interface ContestOptions {
  /** Processes per variant: timings of one program differ between processes by where its code came to lie. */
  readonly processes: number;
  /** Rounds in each process. */
  readonly rounds: number;
  /** Milliseconds of warm-up in each process. */
  readonly warm: number;
}

export interface Timing {
  /** All rounds of all processes, in order; index i of every variant belongs to the same round. */
  readonly ms: readonly number[];
  /** Of the first run in a fresh process: later ones may find other state, and other fuel. */
  readonly result: string;
  readonly fuel: string | null;
}

/** The last core, if the system can pin: the first one takes interrupts more often. */
const pin: readonly string[] = (() => {
  try {
    const cpus = Number(execFileSync("nproc", { encoding: "utf8" }));
    execFileSync("taskset", ["-c", String(cpus - 1), "true"]);
    return ["taskset", "-c", String(cpus - 1)];
  } catch {
    return [];
  }
})();

class Guest {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #errors = "";

  constructor(variant: Variant) {
    this.#name = variant.name;
    const guest = "kind" in variant.start ? "component-guest" : "guest";
    const script = join(import.meta.dirname, `${guest}.${variant.engine === "v8" ? "ts" : "py"}`);
    const node = [process.execPath, ...process.execArgv, "--no-warnings", "--stack-size=4000"];
    const command = variant.engine === "v8" ? [...node, script] : ["python3", script];
    const [program, ...args] = [...pin, ...command];
    const env =
      variant.engine === "v8" ? process.env : { ...process.env, PYTHONPATH: wheel("wasmtime", wasmtimeVersion) };
    this.#child = spawn(program!, args, { env });
    this.#child.stderr.on("data", (text) => {
      this.#errors += text;
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stdin.on("error", () => {}); // a guest that died says why on stderr
    this.#child.stdin.write(`${JSON.stringify(variant.start)}\n`);
  }

  async order(line: string): Promise<GuestAnswer> {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.#lines.next();
    if (answer.done) throw new Error(`${this.#name} ended: ${this.#errors.trim().split("\n").slice(-3).join(" | ")}`);
    return JSON.parse(answer.value) as GuestAnswer;
  }

  end(): void {
    this.#child.stdin.end("end\n");
    this.#child.kill();
  }
}

/** Throws when two variants disagree about the result: a program that computes something else has no speed. */
export async function contest(
  variants: readonly Variant[],
  options: ContestOptions,
): Promise<ReadonlyMap<string, Timing>> {
  const times = variants.map((): number[] => []);
  let first: GuestAnswer[] = [];
  for (let processes = 0; processes < options.processes; processes++) {
    const guests = variants.map((variant) => new Guest(variant));
    try {
      first = [];
      for (const guest of guests) first.push(await guest.order("run"));
      for (const [index, { result }] of first.entries())
        if (result !== first[0]!.result)
          throw new Error(
            `${variants[index]!.name} computes ${result}, ${variants[0]!.name} computes ${first[0]!.result}`,
          );
      for (const guest of guests) await guest.order(`warm ${options.warm}`);
      for (let round = 0; round < options.rounds; round++)
        for (let step = 0; step < guests.length; step++) {
          const index = (step + round) % guests.length; // nobody always follows the same neighbour
          times[index]!.push((await guests[index]!.order("run")).ms);
        }
    } finally {
      for (const guest of guests) guest.end();
    }
  }
  return new Map(
    variants.map(({ name }, index) => [
      name,
      { ms: times[index]!, result: first[index]!.result, fuel: first[index]!.fuel },
    ]),
  );
}
