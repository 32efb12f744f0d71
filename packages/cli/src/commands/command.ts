/** Job: the shape of a command: its words, its options, and what it does. Never: a command. */
import type { InferredOptionTypes, Options } from "yargs";
import type { ExitCode } from "../exit.ts";
import type { Terminal } from "../terminal/output.ts";

export interface CommandDefinition<Named extends Record<string, Options>, Placed extends Record<string, Placement>> {
  readonly verb: string;
  /** What follows the verb: `IN -o OUT`. */
  readonly synopsis: string;
  readonly summary: string;
  readonly positionals: Placed;
  readonly options: Named;
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** Loads what it needs by itself: a command that is not asked for costs nothing. */
  run(options: Values<Named, Placed>, terminal: Terminal): Promise<ExitCode>;
}

export interface Placement {
  readonly describe: string;
  readonly required?: true;
  readonly array?: true;
}

export type Values<Named extends Record<string, Options>, Placed extends Record<string, Placement>> = Readonly<
  InferredOptionTypes<Named>
> & {
  readonly [Name in keyof Placed]: Placed[Name] extends { readonly array: true }
    ? readonly string[]
    : Placed[Name] extends { readonly required: true }
      ? string
      : string | undefined;
};

/** Checks the types of a definition and hides them: a list of commands holds commands of any options. */
export function define<const Named extends Record<string, Options>, const Placed extends Record<string, Placement>>(
  definition: CommandDefinition<Named, Placed>,
): Command {
  // The one cast of the CLI: yargs gives each command the values of the options that the same object declared.
  return definition as unknown as Command;
}

export type Command = CommandDefinition<Record<string, Options>, Record<string, Placement>>;

export type CommandValues = Parameters<Command["run"]>[0];
