/** Job: `capsule inspect FILE`: what a program is and declares, what it would get, what it lacks. Never: find it out by itself. */
import { exitCodes } from "../exit.ts";
import { entrypoint, type RunFlags, runRequest } from "../request.ts";
import { ProgressLine } from "../terminal/progress.ts";
import { define } from "./command.ts";
import { runOptions } from "./run-options.ts";

const { mount, compute, ram, timeout, env } = runOptions;

export const inspectCommand = define({
  verb: "inspect",
  synopsis: "[FILE]",
  summary: "Show what a program declares and would be allowed, without running it",
  positionals: {
    file: { describe: "program: .py .ts .js .mjs .wasm .wat [default: entrypoint of capsule.toml]" },
  },
  options: {
    json: { type: "boolean", describe: "as JSON" },
    mount,
    compute,
    ram,
    timeout,
    "allow-file": runOptions["allow-file"],
    "allow-host": runOptions["allow-host"],
    env,
  },
  examples: [
    ["capsule inspect main.py", "its tasks, each with its policy"],
    ["capsule inspect tool.wasm", "of a module or component: imports, exports, memories, what it would need"],
    ["capsule inspect main.py --ram 64MB", "the same below a ceiling"],
  ],

  async run(options, { stdout, stderr }) {
    const file = options.file ?? entrypoint();
    const flags: RunFlags = { ...options, file, args: [] };
    const { policy, mounts } = (await runRequest(flags)).options;
    const { Capsule } = await import("@capsule-run/host");
    const show = await import("../render/inspection.ts");
    using progress = new ProgressLine(stderr);
    await using capsule = await Capsule.open({
      brief: true,
      onEvent: (event) => {
        if (event.kind === "preparing") progress.update(event.step, event.fraction);
      },
    });
    const inspection = await capsule.inspect(file, {
      ...(policy === undefined ? {} : { policy }),
      ...(mounts === undefined ? {} : { mounts }),
    });
    progress.clear();
    stdout.write(options.json ? show.inspectionJson(file, inspection) : show.inspectionText(file, inspection, stdout));
    return exitCodes.success;
  },
});
