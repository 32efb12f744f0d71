/** Job: the options of the commands that run a program. Never: what they do. */
import type { Options } from "yargs";

export const runOptions = {
  json: { type: "boolean", describe: "the envelope, alone, on standard output; prints go to standard error" },
  verbose: { type: "boolean", describe: "policy before the run, events during it, usage after it" },
  "no-trace": { type: "boolean", describe: "do not record the run in .capsule/trace.db" },
  "args-file": { type: "string", describe: "JSON array of arguments, before the plain ones" },
  mount: {
    type: "string",
    array: true,
    describe: "give a folder of the project: HOST[::GUEST][:ro|:rw]",
  },
  compute: { type: "string", describe: "most fuel of each task: LOW, MEDIUM, HIGH or a whole number" },
  ram: { type: "string", describe: "most memory of each task: 64MB, 2GB, plain bytes" },
  timeout: { type: "string", describe: "most time of each task: 500ms, 30s, 1m 30s" },
  "allow-file": { type: "string", array: true, describe: "allow a folder: DIR[:ro|:rw]" },
  "allow-host": { type: "string", array: true, describe: "allow a host: NAME, *.NAME, NAME:PORT" },
  env: { type: "string", array: true, describe: "pass this variable of the environment on" },
  invoke: { type: "string", describe: "call this export of a module or component: 'f(1, 2.5)'" },
} as const satisfies Record<string, Options>;
