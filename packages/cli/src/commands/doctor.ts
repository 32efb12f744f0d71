/** Job: `capsule doctor`: what is missing on this machine, and what to do. Never: examine by itself. */
import { exitCodes } from "../exit.ts";
import { define } from "./command.ts";

const marks = { ok: "✓", reduced: "!", missing: "✗" } as const;
const colours = { ok: "green", reduced: "yellow", missing: "red" } as const;

export const doctorCommand = define({
  verb: "doctor",
  synopsis: "",
  summary: "Say what is missing on this machine and what to do",
  positionals: {},
  options: { json: { type: "boolean", describe: "the findings as JSON" } },
  examples: [["capsule doctor", "exit code 1 when something that is needed is missing"]],

  async run({ json }, { stdout }) {
    const { examineMachine } = await import("@capsule-run/host");
    const checks = await examineMachine();
    if (json) stdout.write(`${JSON.stringify(checks)}\n`);
    else {
      const width = Math.max(...checks.map(({ name }) => name.length));
      for (const { name, state, found, advice } of checks) {
        stdout.write(`${stdout.style(colours[state], marks[state])} ${name.padEnd(width)}  ${stdout.safe(found)}\n`);
        if (advice !== null) stdout.write(`  ${" ".repeat(width)}  → ${stdout.safe(advice)}\n`);
      }
    }
    return checks.some(({ state }) => state === "missing") ? exitCodes.failed : exitCodes.success;
  },
});
