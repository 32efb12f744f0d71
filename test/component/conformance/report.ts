/** Job: `node --conditions=capsule-source test/component/conformance/report.ts`: what holds and what does not, for who works on it. Never: judge. */
import { capsuleWorld } from "./capsule.ts";
import { runScript } from "./runner.ts";
import { suite, type suites } from "./scripts.ts";

const tally: Record<string, number> = {};
const skipped: Record<string, number> = {};
const failed: string[] = [];
for (const name of ["component-model", "wasmtime"] satisfies (keyof typeof suites)[])
  for (const script of suite(name) ?? [])
    for (const { line, kind, outcome, why } of await runScript(script.commands, capsuleWorld())) {
      tally[`${kind} ${outcome}`] = (tally[`${kind} ${outcome}`] ?? 0) + 1;
      const reason = why.replaceAll(/0x[0-9a-f]+|\d+/g, "N");
      if (outcome === "skipped") skipped[reason] = (skipped[reason] ?? 0) + 1;
      if (outcome === "fails") failed.push(`${name}/${script.name}:${line} ${kind}: ${why}`);
    }
console.log(JSON.stringify(tally, null, 1));
console.log(`\nFAILS (${failed.length})\n${failed.join("\n")}`);
const sorted = Object.entries(skipped).sort(([, a], [, b]) => b - a);
console.log(`\nSKIPPED\n${sorted.map(([reason, count]) => `${count} ${reason}`).join("\n")}`);
