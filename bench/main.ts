/**
 * Job: `npm run bench -- [NAME …] [--only A,B] [--quick] [--against FILE] [--json FILE]`: run benchmarks, print their tables.
 * Every file beside this one is a benchmark; without names, all run.
 * Never: measure anything itself.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Bench, BenchResult } from "./support/bench.ts";
import { describeMachine, machine } from "./support/machine.ts";
import { renderTable } from "./support/table.ts";

const available = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => file.replace(".ts", ""))
  .sort();

const usage = `npm run bench -- [NAME …] [--only A,B] [--quick] [--against FILE] [--json FILE]   names: ${available.join(", ")}`;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: "boolean" },
        json: { type: "string" },
        only: { type: "string" },
        against: { type: "string" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const unknown = positionals.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.map((name) => JSON.stringify(name)).join(", ")}\n${usage}`);
  process.exit(2);
}

const results: Record<string, unknown> = {};
let failed = false;
for (const name of positionals.length > 0 ? positionals : available) {
  const bench = (await import(`./${name}.ts`)) as Bench;
  const on = machine();
  const began = Date.now();
  console.error(`${bench.name}: ${bench.description}`);
  let result: BenchResult;
  try {
    result = await bench.run({
      quick: values.quick ?? false,
      only: values.only?.split(",") ?? [],
      against: values.against ?? null,
      say: (line) => console.error(`  ${line}`),
    });
  } catch (error) {
    console.error(`${bench.name} failed: ${error instanceof Error ? error.message : error}`);
    failed = true;
    continue;
  }
  const seconds = Math.round((Date.now() - began) / 1000);
  for (const table of result.tables) console.log(renderTable(table));
  console.log(`_${bench.name}: ${describeMachine(on)}; took ${seconds} s_\n`);
  results[name] = { machine: on, seconds, data: result.data, tables: result.tables };
}
if (values.json) writeFileSync(resolve(values.json), `${JSON.stringify(results, null, 2)}\n`);
if (failed) process.exit(1);
