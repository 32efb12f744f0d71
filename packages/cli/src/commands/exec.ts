/** Job: `capsule exec ARTIFACT`: as `run`, for what `build --export` wrote. Never: run anything by itself. */
import { UsageError } from "../errors.ts";
import { runRequest } from "../request.ts";
import { showRun } from "../show-run.ts";
import { define } from "./command.ts";
import { runOptions } from "./run-options.ts";

export const execCommand = define({
  verb: "exec",
  synopsis: "ARTIFACT [ARGS…]",
  summary: "Run a built artifact under the policy that was built in",
  positionals: {
    artifact: { describe: "what capsule build --export wrote", required: true },
    args: { describe: "arguments of the program, as strings", array: true },
  },
  options: runOptions,
  examples: [
    ["capsule exec report.capsule data.csv", "what its tasks declare, and no more"],
    ["capsule exec report.capsule --timeout 10s --allow-host api.example.com", "a ceiling over what they declare"],
  ],

  async run(options, terminal) {
    const { artifact } = options;
    if (/\.(py|[cm]?[jt]s|wasm|wat)$/.test(artifact))
      throw new UsageError(`${JSON.stringify(artifact)} is a program's file: capsule run ${artifact} runs it`);
    const { options: run } = await runRequest({ ...options, file: artifact });
    return showRun(options, terminal, (capsule, streams) => capsule.exec(artifact, { ...run, ...streams }));
  },
});
