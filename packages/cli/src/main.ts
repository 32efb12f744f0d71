/** Job: arguments → a command → an exit code, and every error one sentence. Never: what a command does. */
import { readFileSync } from "node:fs";
import yargs, { type Argv } from "yargs";
import type { Command, CommandValues } from "./commands/command.ts";
import { instrumentCommand } from "./commands/instrument.ts";
import { runCommand } from "./commands/run.ts";
import { complaintOf, UsageError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { openTerminal, type Terminal } from "./terminal/output.ts";

const commands: readonly Command[] = [runCommand, instrumentCommand];

/** Runs the command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const terminal = openTerminal();
  let exitCode: ExitCode;
  try {
    exitCode = await dispatch(argv, terminal);
  } catch (error) {
    const complaint = complaintOf(error);
    terminal.stderr.freshLine();
    terminal.stderr.write(`capsule: ${terminal.stderr.safe(complaint.sentence)}\n`);
    exitCode = complaint.exitCode;
  }
  await Promise.all([terminal.stdout.flushed(), terminal.stderr.flushed()]);
  // Not by emptying the event loop: a guest's thread or a background compilation must not keep the command alive.
  process.exit(exitCode);
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    process.cwd();
  } catch {
    throw new UsageError("the working directory does not exist any more: change to another one");
  }
  // What stands behind "--" is no option, whatever it looks like.
  const dashes = argv.indexOf("--");
  const ours = dashes === -1 ? argv : argv.slice(0, dashes);
  const theirs = dashes === -1 ? [] : argv.slice(dashes + 1);

  let chosen: { readonly command: Command; readonly values: ParsedValues } | null = null;
  const parser = yargs()
    .scriptName("capsule")
    .usage("$0 <command> [options]\n\nRuns untrusted programs in WebAssembly sandboxes with exact budgets.")
    .locale("en")
    .updateStrings({ "Not enough arguments following: %s": "option --%s needs a value" })
    .parserConfiguration({
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
    })
    .version("version", "Print the version", version())
    .help("help", "Print this help")
    .alias("help", "h")
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .exitProcess(false)
    .fail((message, error) => {
      throw error instanceof UsageError || !message ? error : new UsageError(message);
    })
    .epilogue(
      "Exit codes: 0 success, 1 the program failed, 2 usage or configuration, 124 timeout, 125 out of fuel or memory, 130 interrupted.",
    );
  for (const command of commands) {
    parser.command(
      command.verb,
      command.summary,
      (builder) => declare(builder, command),
      (values) => {
        chosen = { command, values };
      },
    );
  }
  parser.command("$0", false, {}, async (values) => {
    throw new UsageError(await noSuchCommand([...values._.map(String), ...theirs][0]));
  });

  let help = "";
  await parser.parseAsync([...ours], {}, (_error: unknown, _values: unknown, output: string) => {
    help = output;
  });
  if (help !== "") terminal.stdout.write(`${help}\n`);
  if (chosen === null) return exitCodes.success;
  const { command, values } = chosen as { readonly command: Command; readonly values: ParsedValues };
  return command.run(await checked(command, values, theirs), terminal);
}

interface ParsedValues {
  readonly _: readonly (string | number)[];
  readonly [name: string]: unknown;
}

function declare(builder: Argv, command: Command): Argv {
  // Not yargs' own positionals: it parses them a second time, and "-" comes out as "".
  const places = Object.entries(command.positionals).map(
    ([name, { describe }]) => `  ${name.toUpperCase()}  ${describe}`,
  );
  const examples = command.examples.map(([line, meaning]) => `  # ${meaning}\n  ${line}`);
  return builder
    .usage([`$0 ${command.verb} ${command.synopsis}`, `${command.summary}.`, places.join("\n")].join("\n\n"))
    .options(command.options)
    .group(Object.keys(command.options), "Options:")
    .epilogue(["Examples:", ...examples].join("\n"));
}

/** The values of a command's own options and places, or the sentence that says which one is wrong. */
async function checked(command: Command, values: ParsedValues, theirs: readonly string[]): Promise<CommandValues> {
  const { verb } = command;
  const result: Record<string, unknown> = {};
  const words = [...values._.slice(1).map(String), ...theirs];
  for (const [name, option] of Object.entries(command.options)) {
    const value = values[name];
    if (Array.isArray(value) && option.array !== true)
      throw new UsageError(`option --${name} is given ${value.length} times; it takes one value`);
    result[name] = value;
  }

  const known = Object.entries(command.options).flatMap(([name, { alias }]) => [name, ...[alias ?? []].flat()]);
  const unknown = Object.keys(values).find((name) => !ofYargs.includes(name) && !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(await unknownOption(unknown, known, verb, "args" in command.positionals));
  for (const [name, place] of Object.entries(command.positionals)) {
    result[name] = place.array ? words.splice(0) : words.shift();
    if (place.required && result[name] === undefined)
      throw new UsageError(`${name.toUpperCase()} is missing: capsule ${verb} ${command.synopsis}`);
  }
  if (words.length > 0)
    throw new UsageError(`unexpected argument ${JSON.stringify(words[0])}; see capsule ${verb} --help`);
  return result as CommandValues;
}

const ofYargs = ["_", "$0", "help", "h", "version"];

async function unknownOption(name: string, known: readonly string[], verb: string, passes: boolean): Promise<string> {
  const { nearest } = await import("@capsule-run/host");
  const written = name.length === 1 ? `-${name}` : `--${name}`;
  const meant = nearest(
    name,
    known.filter((option) => option.length > 1),
  );
  const advice = meant === null ? `see capsule ${verb} --help` : `did you mean --${meant}?`;
  return `unknown option ${written}; ${advice}${passes ? ` (what the program shall get goes behind --, as in: -- ${written})` : ""}`;
}

async function noSuchCommand(word: string | undefined): Promise<string> {
  const verbs = commands.map((command) => command.verb);
  if (word === undefined) return `no command; the commands are ${verbs.join(", ")}; see capsule --help`;
  const { nearest } = await import("@capsule-run/host");
  const meant = nearest(word, verbs);
  if (/\.(py|ts|js|mjs|wasm|wat)$/.test(word))
    return `no command ${JSON.stringify(word)}; did you mean capsule run ${word}?`;
  return `no command ${JSON.stringify(word)}; ${meant === null ? `the commands are ${verbs.join(", ")}` : `did you mean capsule ${meant}?`}`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
