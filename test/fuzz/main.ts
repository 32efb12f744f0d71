/**
 * Job: the long mode of the fuzzer: `npm run fuzz -- --minutes 10 [--from SEED] [--kind generated|mutated|component]`; prints failing
 * seeds as they are found, exit 1 if there was any. Never: stop at the first.
 */
import { parseArgs } from "node:util";
import { tryAll } from "./pool.ts";
import type { Job, Kind } from "./worker.ts";

const usage = "usage: npm run fuzz -- [--minutes 1] [--from SEED] [--kind generated|mutated|component]";
const kinds: readonly Kind[] = ["generated", "mutated", "component"];

function refuse(why: string): never {
  console.error(`fuzz: ${why}\n${usage}`);
  process.exit(2);
}

function given() {
  try {
    return parseArgs({
      options: {
        minutes: { type: "string", default: "1" },
        from: { type: "string", default: String(Math.floor(Date.now() / 1000) % 1_000_000_000) },
        kind: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

const values = given();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const end = Date.now() + Number(values.minutes) * 60_000;
const from = Number(values.from);
if (!Number.isFinite(end)) refuse(`--minutes is "${values.minutes}"; it takes a number`);
if (!Number.isSafeInteger(from)) refuse(`--from is "${values.from}"; it takes a whole number`);
const only = kinds.find((kind) => kind === values.kind);
if (values.kind !== undefined && only === undefined) refuse(`--kind is "${values.kind}"; it takes ${kinds.join(", ")}`);

/** Five damaged modules and five damaged components for each generated module: they take a tenth of the time. */
function* jobs(): Generator<Job> {
  for (let seed = from; Date.now() < end; seed++) {
    const kind: Kind = seed % 11 === 0 ? "generated" : seed % 2 === 0 ? "mutated" : "component";
    yield { kind: only ?? kind, seed };
  }
}

let tried = 0;
let failed = 0;
await tryAll(jobs(), ({ kind, seed, failures }) => {
  tried += 1;
  if (failures.length === 0) return;
  failed += 1;
  console.log(`${kind} ${seed}: ${failures.slice(0, 5).join("\n  ")}`);
});
console.log(`fuzz: ${tried} modules from seed ${from}, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
