/** Job: `capsule build`: make a program ready ahead of its first run, or write it as one file. Never: make or write by itself. */
import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit.ts";
import { isSameFile, writeAtomically } from "../files.ts";
import { size } from "../render/figures.ts";
import { collectedInVain } from "../render/inspection.ts";
import { entrypoint } from "../request.ts";
import { ProgressLine } from "../terminal/progress.ts";
import { define } from "./command.ts";

export const buildCommand = define({
  verb: "build",
  synopsis: "[FILE]",
  summary: "Prepare a program ahead of its first run, or export it as one file",
  positionals: {
    file: { describe: "program: .py .ts .js .mjs .wasm .wat [default: entrypoint of capsule.toml]" },
  },
  options: {
    export: { type: "boolean", describe: "write one file with its code, its declared policy and its engine's version" },
    output: {
      alias: "o",
      type: "string",
      describe: "where --export writes [default: the program's name with .capsule]",
    },
    json: { type: "boolean", describe: "report as JSON" },
  },
  examples: [
    ["capsule build main.py", "the next run starts warm; what requirements.txt names is installed for the sandbox"],
    ["capsule build main.py --export -o main.capsule", "then anywhere: capsule exec main.capsule"],
  ],

  async run(options, { stdout, stderr }) {
    const file = options.file ?? entrypoint();
    const output =
      options.output ?? (options.export ? `${basename(file).replace(/\.[a-z]+$/, "")}.capsule` : undefined);
    if (output !== undefined && !options.export)
      throw new UsageError("--output is where --export writes; give both, or neither");
    if (output === "-" && stdout.isTerminal)
      throw new UsageError("an artifact is no text for a terminal: redirect standard output, or name a file with -o");
    if (output !== undefined && output !== "-" && (await isSameFile(file, output)))
      throw new UsageError(`${JSON.stringify(output)} is the program itself: write to another file`);

    const { Capsule } = await import("@capsule-run/host");
    using progress = new ProgressLine(stderr);
    await using capsule = await Capsule.open({
      onEvent: (event) => {
        if (event.kind === "preparing") progress.update(event.step, event.fraction);
      },
    });
    const installed = file.endsWith(".py") ? await capsule.install() : null;
    // What a run would be refused for is said now.
    const { engine, tasks, incomplete } = await capsule.inspect(file);
    const bytes = output === undefined ? null : await capsule.export(file);
    progress.clear();

    if (bytes !== null && output === "-") stdout.writeBytes(bytes);
    else if (bytes !== null) await writeAtomically(output!, bytes);
    const say = output === "-" ? stderr : stdout;
    const names = tasks.map(({ name }) => name);
    if (options.json) {
      say.write(
        `${JSON.stringify({ file, engine, tasks: names, incomplete, packages: installed?.packages ?? [], artifact: output ?? null, bytes: bytes?.length ?? null })}\n`,
      );
    } else {
      if (installed !== null) {
        const { packages, already } = installed;
        const count = `${packages.length} ${packages.length === 1 ? "package" : "packages"}`;
        say.write(
          `requirements.txt: ${count} ${already ? "installed before" : "installed"}: ${say.safe(packages.join(", "))}\n`,
        );
      }
      const what = names.length === 0 ? "" : `, ${names.length === 1 ? "task" : "tasks"} ${say.safe(names.join(", "))}`;
      say.write(`${file} is ready on ${engine.name} ${engine.version}${what}\n`);
      if (incomplete !== null) say.write(collectedInVain(incomplete, say));
      if (bytes !== null && output !== "-")
        say.write(`wrote ${output} (${size(bytes.length)}); capsule exec ${output} runs it\n`);
    }
    return exitCodes.success;
  },
});
