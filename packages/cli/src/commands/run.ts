/** Job: `capsule run`: options → one run of the host → what a person or a program reads. Never: run anything by itself. */
import { refuseArgumentAsFile, runRequest } from "../request.ts";
import { showRun } from "../show-run.ts";
import { define } from "./command.ts";
import { runOptions } from "./run-options.ts";

export const runCommand = define({
  verb: "run",
  synopsis: "[FILE] [ARGS…]",
  summary: "Run a program in a sandbox",
  positionals: {
    file: { describe: "program: .py .ts .js .mjs .wasm .wat [default: entrypoint of capsule.toml]" },
    args: { describe: "arguments of the program, as strings", array: true },
  },
  options: runOptions,
  examples: [
    ["capsule run hello.py", "the result on standard output"],
    ["capsule run report.py data.csv -- --fast", 'arguments "data.csv" and "--fast"'],
    ["capsule run tool.wasm --compute 5000000 --ram 64MB --timeout 2s", "a module within limits"],
    ["capsule run math.wat --invoke 'gcd(12, 18)'", "one export of a module"],
    [`capsule run greet.wasm --invoke 'greet({name: "Ada", age: some(36)})'`, "one export of a component, in WAVE"],
  ],

  async run(options, terminal) {
    refuseArgumentAsFile(options.file);
    const { file, options: run } = await runRequest(options);
    return showRun(options, terminal, (capsule, streams) => capsule.run(file, { ...run, ...streams }));
  },
});
