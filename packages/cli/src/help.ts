/** Job: the help of the command, laid out by yargs. Never: parse with it: loading yargs takes longer than a warm run. */
import yargs, { type Argv } from "yargs";
import type { Command } from "./commands/command.ts";

function layout(): Argv {
  return yargs()
    .scriptName("capsule")
    .locale("en")
    .help("help", "Print this help")
    .alias("help", "h")
    .version("version", "Print the version", "")
    .wrap(Math.min(100, process.stdout.columns ?? 100));
}

export function helpOf(command: Command): Promise<string> {
  const width = Math.max(...Object.keys(command.positionals).map((name) => name.length));
  const places = Object.entries(command.positionals).map(
    ([name, { describe }]) => `  ${name.toUpperCase().padEnd(width)}  ${describe}`,
  );
  const examples = command.examples.map(([line, meaning]) => `  # ${meaning}\n  ${line}`);
  return layout()
    .usage(
      [
        `$0 ${command.verb} ${command.synopsis}`,
        `${command.summary}.`,
        ...(places.length === 0 ? [] : [places.join("\n")]),
      ].join("\n\n"),
    )
    .version(false)
    .options(command.options)
    .epilogue(["Examples:", ...examples].join("\n"))
    .getHelp();
}

export function helpOfAll(commands: readonly Pick<Command, "verb" | "synopsis" | "summary">[]): Promise<string> {
  const parser = layout().usage("$0 <command>\n\nRuns untrusted programs in WebAssembly sandboxes with exact budgets.");
  for (const { verb, summary } of commands) parser.command(verb, summary);
  return parser
    .epilogue(
      [
        "capsule <command> --help says more about each.",
        "Exit codes: 0 success, 1 the program failed, 2 usage or configuration, 124 timeout, 125 out of fuel or memory, 130 interrupted.",
      ].join("\n\n"),
    )
    .getHelp();
}
