/** Job: `capsule run`: options → one run of the host → what a person or a program reads. Never: run anything by itself. */
import { runRequest } from "../request.ts";
import { showRun } from "../show-run.ts";
import { define } from "./command.ts";

export const runCommand = define({
  verb: "run",
  synopsis: "[FILE] [ARGS…]",
  summary: "Run a program in a sandbox",
  positionals: {
    file: { describe: "program: .py .ts .js .mjs .wasm .wat [default: entrypoint of capsule.toml]" },
    args: { describe: "arguments of the program, as strings", array: true },
  },
  options: {
    json: { type: "boolean", describe: "the envelope, alone, on standard output; prints go to standard error" },
    verbose: { type: "boolean", describe: "policy before the run, events during it, usage after it" },
    "no-trace": { type: "boolean", describe: "do not record the run in .capsule/trace.db" },
    "args-file": { type: "string", describe: "JSON array of arguments, before the plain ones" },
    mount: {
      type: "string",
      array: true,

      describe: "give a folder of the project: HOST[::GUEST][:ro|:rw]",
    },
    compute: { type: "string", describe: "fuel budget: LOW, MEDIUM, HIGH or a whole number" },
    ram: { type: "string", describe: "memory limit: 64MB, 2GB, plain bytes" },
    timeout: { type: "string", describe: "wall-clock limit: 500ms, 30s, 1m 30s" },
    "allow-file": { type: "string", array: true, describe: "allow a folder: DIR[:ro|:rw]" },
    "allow-host": { type: "string", array: true, describe: "allow a host: NAME, *.NAME, NAME:PORT" },
    env: { type: "string", array: true, describe: "pass this variable of the environment on" },
    invoke: { type: "string", describe: "call this export of a module: 'f(1, 2.5)'" },
  },
  examples: [
    ["capsule run hello.py", "the result on standard output"],
    ["capsule run report.py data.csv -- --fast", 'arguments "data.csv" and "--fast"'],
    ["capsule run tool.wasm --compute 5000000 --ram 64MB --timeout 2s", "a module within limits"],
    ["capsule run math.wat --invoke 'gcd(12, 18)'", "one export of a module"],
  ],

  async run(options, terminal) {
    const { file, options: run } = await runRequest(options);
    return showRun(options, terminal, (capsule, streams) => capsule.run(file, { ...run, ...streams }));
  },
});
