/** Job: words of the command line → the values of a command's options and places, or the sentence that says what is wrong. Never: print. */
import yargsParser from "yargs-parser";
import type { Command, CommandValues } from "./commands/command.ts";
import { UsageError } from "./errors.ts";

/** `null`: help was asked for. */
export async function parse(
  command: Command,
  words: readonly string[],
  theirs: readonly string[],
): Promise<CommandValues | null> {
  const { verb, synopsis } = command;
  const options = Object.entries(command.options);
  const named = (type: string) => options.filter(([, option]) => option.type === type).map(([name]) => name);
  const { argv, error } = yargsParser.detailed([...words], {
    string: named("string"),
    boolean: [...named("boolean"), "help"],
    array: options.filter(([, option]) => option.array).map(([name]) => name),
    // Every option that is not a switch takes exactly one value.
    narg: Object.fromEntries(named("string").map((name) => [name, 1])),
    alias: { help: ["h"], ...Object.fromEntries(options.map(([name, { alias }]) => [name, [alias ?? []].flat()])) },
    configuration: {
      "boolean-negation": false,
      "camel-case-expansion": false,
      "dot-notation": false,
      "greedy-arrays": false,
      "parse-numbers": false,
      "parse-positional-numbers": false,
      "strip-aliased": true,
    },
  });
  if (argv["help"] === true) return null;
  if (error !== null) throw new UsageError(incomplete(error.message));

  const result: Record<string, unknown> = {};
  for (const [name, option] of options) {
    const value: unknown = argv[name];
    if (Array.isArray(value) && option.array !== true)
      throw new UsageError(`option --${name} is given ${value.length} times; it takes one value`);
    result[name] = value;
  }
  const unknown = Object.keys(argv).find((name) => name !== "_" && name !== "help" && !(name in result));
  if (unknown !== undefined) throw new UsageError(await unknownOption(unknown, command));

  const places = [...argv._.map(String), ...theirs];
  for (const [name, place] of Object.entries(command.positionals)) {
    result[name] = place.array ? places.splice(0) : places.shift();
    if (place.required && result[name] === undefined)
      throw new UsageError(`${name.toUpperCase()} is missing: capsule ${verb} ${synopsis}`);
  }
  if (places.length > 0)
    throw new UsageError(`unexpected argument ${JSON.stringify(places[0])}; see capsule ${verb} --help`);
  return result as CommandValues;
}

/** yargs-parser says "Not enough arguments following: ram". */
function incomplete(message: string): string {
  const name = /following: (\S+)$/.exec(message)?.[1];
  return name === undefined ? message : `option ${dashed(name)} needs a value`;
}

async function unknownOption(name: string, { verb, options, positionals }: Command): Promise<string> {
  const { nearest } = await import("@capsule-run/host");
  const meant = nearest(name, Object.keys(options));
  const advice = meant === null ? `see capsule ${verb} --help` : `did you mean --${meant}?`;
  const passing =
    "args" in positionals ? ` (what the program shall get goes behind --, as in: -- ${dashed(name)})` : "";
  return `unknown option ${dashed(name)}; ${advice}${passing}`;
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`);
