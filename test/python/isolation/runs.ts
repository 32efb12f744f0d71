/**
 * Job: a thousand tasks that spoil what they can, in an order drawn from a seed, in a process of its own; one line of JSON says what they saw.
 * Never: judge.
 *
 * usage: runs.ts CACHE RUNS SEED
 */
import { readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import threads from "node:worker_threads";

const [cache, runs, seed] = process.argv.slice(2) as [string, string, string];
const log = join(process.cwd(), "checked");
writeFileSync(log, "");

/** Every worker checks the memories that it takes from its shelf. */
const check = new URL("checked-shelf.ts", import.meta.url).href;
const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(url: string | URL, options: threads.WorkerOptions = {}) {
    const execArgv = [...(options.execArgv ?? []), "--import", check];
    super(url, { ...options, execArgv, env: { CHECKED_SHELF_LOG: log } });
  }
};
syncBuiltinESMExports();
const { Capsule } = await import("@capsule-run/host");

/** Mulberry32: an order that can be had again. */
let state = Number(seed);
function draw(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

writeFileSync("main.py", readFileSync(new URL("vandal.py", import.meta.url)));
const kinds = 24;
await using capsule = await Capsule.open({ pool: { threads: 2 }, cache: { folder: cache } });
const seen = new Map<string, number>();
const numbers = new Set<number>();
const endings = new Map<string, number>();
const count = <Key>(map: Map<Key, number>, key: Key) => void map.set(key, (map.get(key) ?? 0) + 1);

/** Every fourth looks at all names of all modules, which costs more than the rest together. */
async function one(kind: number, whole = draw(4) === 0): Promise<void> {
  let said = "";
  const { error } = await capsule.run("main.py", {
    args: [kind, whole],
    stderr: (bytes) => {
      said += Buffer.from(bytes);
    },
  });
  if (!said.includes("\n")) throw new Error(`kind ${kind} said nothing: ${error?.error_type}: ${error?.message}`);
  count(endings, error?.error_type ?? "success");
  const [what, number] = JSON.parse(said.split("\n", 1)[0]!) as [unknown, number];
  count(seen, JSON.stringify(what));
  numbers.add(number);
}

// Two at a time, so that tasks of two threads mix.
for (let run = 0; run < Number(runs); run += 2) await Promise.all([one(draw(kinds)), one(draw(kinds))]);
const [memories, ...differing] = [readFileSync(log, "utf8")].flatMap((text) => [
  text.split("\n").filter((line) => line === "same").length,
  ...text.split("\n").filter((line) => line !== "same" && line !== ""),
]);
console.log(
  JSON.stringify({
    seen: [...seen].sort(([, a], [, b]) => b - a),
    numbers: numbers.size,
    endings: Object.fromEntries(endings),
    memories,
    differing,
  }),
);
