/** Job: run one module on V8 as its recipe says, once for each order on stdin. Never: know what is compared with what. */
import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { WASI } from "node:wasi";
import type { GuestAnswer, GuestStart, Recipe } from "./recipe.ts";

const budget = 1n << 60n;
type Exports = Record<string, (...args: (number | bigint)[]) => number>;
/** Does the work once; answers milliseconds and the result. */
type Work = () => { ms: number; result: string };

class Guest {
  readonly module: WebAssembly.Module;
  #fuel: WebAssembly.Global | null = null;
  constructor(path: string) {
    this.module = new WebAssembly.Module(readFileSync(path));
    if (WebAssembly.Module.imports(this.module).some(({ module, name }) => module === "capsule" && name === "fuel"))
      this.#fuel = new WebAssembly.Global({ value: "i64", mutable: true }, budget);
  }

  instantiate(imports: WebAssembly.Imports): WebAssembly.Instance {
    const capsule = this.#fuel ? { capsule: { fuel: this.#fuel } } : {};
    const instance = new WebAssembly.Instance(this.module, { ...imports, ...capsule });
    const exported = instance.exports["capsule:fuel"];
    if (exported instanceof WebAssembly.Global) this.#fuel = exported;
    this.refuel();
    return instance;
  }

  refuel(): void {
    if (this.#fuel) this.#fuel.value = budget;
  }

  get consumed(): bigint | null {
    return this.#fuel ? budget - (this.#fuel.value as bigint) : null;
  }
}

const hash = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

/** CPU time of this thread: being pushed aside by another process does not count, background compilation neither. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function timed(work: () => string | number | Uint8Array): { ms: number; result: string } {
  const start = cpuTime();
  const result = work();
  const ms = cpuTime() - start;
  return { ms, result: typeof result === "number" ? String(result >>> 0) : hash(result) };
}

function wasiCommand(guest: Guest, recipe: Recipe & { kind: "wasi" }): Work {
  const folder = mkdtempSync(join(tmpdir(), "capsule-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "in"), recipe.stdin);
  return () => {
    const stdin = openSync(join(folder, "in"), "r");
    const stdout = openSync(join(folder, "out"), "w");
    try {
      const wasi = new WASI({
        version: "preview1",
        args: [...recipe.args],
        env: recipe.env,
        stdin,
        stdout,
        returnOnExit: true,
      });
      const instance = guest.instantiate(wasi.getImportObject() as WebAssembly.Imports);
      const { ms } = timed(() => wasi.start(instance) as unknown as number);
      return { ms, result: hash(readFileSync(join(folder, "out"))) };
    } finally {
      closeSync(stdin);
      closeSync(stdout);
    }
  };
}

/** Imports that a run does not reach, or may be answered with zero. */
function zeros(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { kind, module: from, name } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") continue;
    imports[from] ??= {};
    imports[from][name] = () => 0;
  }
  return imports;
}

function writeText(exports: Exports, memory: WebAssembly.Memory, text: string, allocate: string): [number, number] {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const address = exports[allocate]!(bytes.length);
  new Uint8Array(memory.buffer).set(bytes, address);
  return [address, bytes.length - 1];
}

function quickjs(guest: Guest, recipe: Recipe & { kind: "quickjs" }): Work {
  const { exports } = guest.instantiate(zeros(guest.module));
  const memory = exports.memory as WebAssembly.Memory;
  const call = exports as unknown as Exports;
  call._initialize!();
  call.qjs_init!();
  const [source, length] = writeText(call, memory, recipe.source, "wasm_malloc");
  const [name] = writeText(call, memory, "bench.js", "wasm_malloc");
  return () =>
    timed(() => {
      const value = call.qjs_eval!(source, length, name, 0);
      const text = call.qjs_get_string!(value);
      const bytes = new Uint8Array(memory.buffer);
      const result = bytes.slice(text, bytes.indexOf(0, text));
      call.qjs_free_cstring!(text);
      call.qjs_free_value!(value);
      return result;
    });
}

function dprint(guest: Guest, recipe: Recipe & { kind: "dprint" }): Work {
  const { exports } = guest.instantiate(zeros(guest.module));
  const memory = exports.memory as WebAssembly.Memory;
  const call = exports as unknown as Exports;
  const share = (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const address = call.clear_shared_bytes!(bytes.length);
    new Uint8Array(memory.buffer).set(bytes, address);
  };
  share(recipe.config);
  call.register_config!(1);
  return () =>
    timed(() => {
      share(recipe.path);
      call.set_file_path!();
      share(recipe.text);
      const answer = call.format!(1);
      const length = answer === 1 ? call.get_formatted_text!() : answer === 2 ? call.get_error_text!() : 0;
      const address = call.get_shared_bytes_ptr!();
      return new Uint8Array(memory.buffer).slice(address, address + length);
    });
}

function workOf(guest: Guest, recipe: Recipe): Work {
  switch (recipe.kind) {
    case "run": {
      const { run, _initialize } = guest.instantiate(zeros(guest.module)).exports as Exports;
      _initialize?.();
      return () => timed(() => run!(recipe.n));
    }
    case "wasi":
      return wasiCommand(guest, recipe);
    case "quickjs":
      return quickjs(guest, recipe);
    case "dprint":
      return dprint(guest, recipe);
    default:
      return recipe satisfies never;
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
const start = JSON.parse(String(first.value)) as GuestStart;
const guest = new Guest(start.module);
const work = workOf(guest, start.recipe);

const once = (): GuestAnswer => {
  guest.refuel();
  const { ms, result } = work();
  return { ms, result, fuel: guest.consumed?.toString() ?? null };
};

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const [order, argument] = line.value.split(" ");
  if (order === "end") break;
  let answer = once();
  if (order === "warm") {
    const until = performance.now() + Number(argument);
    while (performance.now() < until) {
      answer = once();
      await setTimeout(1); // lets the results of background compilation in
    }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
