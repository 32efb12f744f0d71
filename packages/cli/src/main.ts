/** Job: arguments → a command → an exit code, and every error one sentence. Never: what a command does. */
import { readFileSync } from "node:fs";
import type { Command } from "./commands/command.ts";
import { complaintOf, UsageError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { parse } from "./parse.ts";
import { openTerminal, type Terminal } from "./terminal/output.ts";

/** Every command by its verb; a command that is not asked for is not loaded. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  build: async () => (await import("./commands/build.ts")).buildCommand,
  exec: async () => (await import("./commands/exec.ts")).execCommand,
  inspect: async () => (await import("./commands/inspect.ts")).inspectCommand,
  worker: async () => (await import("./commands/worker.ts")).workerCommand,
  trace: async () => (await import("./commands/trace.ts")).traceCommand,
  instrument: async () => (await import("./commands/instrument.ts")).instrumentCommand,
  init: async () => (await import("./commands/init.ts")).initCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
};

/** How long something may hold a command that is done. */
const graceMs = 300;

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
  await terminal.stdout.flushed();
  // Half an artifact in a file is no success.
  if (terminal.stdout.problem !== null) {
    const { reasonOf } = await import("@capsule-run/host");
    terminal.stderr.freshLine();
    terminal.stderr.write(`capsule: cannot write to standard output: ${reasonOf(terminal.stdout.problem)}\n`);
    exitCode = exitCodes.usage;
  }
  await terminal.stderr.flushed();
  // By an empty event loop, which takes V8 down in order: `process.exit` of Node 26 can wait for ever for a background
  // compilation that itself waits for a collection. What still holds the loop then (a guest's thread) is not waited for.
  process.exitCode = exitCode;
  setTimeout(() => process.exit(exitCode), graceMs).unref();
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  // What stands behind "--" is no option, whatever it looks like.
  const dashes = argv.indexOf("--");
  const ours = dashes === -1 ? argv : argv.slice(0, dashes);
  const theirs = dashes === -1 ? [] : argv.slice(dashes + 1);
  const at = ours.findIndex((word) => !word.startsWith("-"));
  const verb = ours[at];

  if (verb === undefined || !Object.hasOwn(commands, verb)) {
    if (verb === undefined && ours.includes("--version")) return say(terminal, version());
    if (verb === undefined && (ours.includes("--help") || ours.includes("-h"))) {
      const { helpOfAll } = await import("./help.ts");
      return say(terminal, await helpOfAll(await Promise.all(Object.values(commands).map((load) => load()))));
    }
    throw new UsageError(await noSuchCommand(verb, ours[0]));
  }

  const command = await commands[verb]!();
  const values = await parse(command, ours.toSpliced(at, 1), theirs);
  if (values === null) return say(terminal, await (await import("./help.ts")).helpOf(command));
  try {
    process.cwd();
  } catch {
    throw new UsageError("the working directory does not exist any more: change to another one");
  }
  return command.run(values, terminal);
}

function say({ stdout }: Terminal, text: string): ExitCode {
  stdout.write(`${text}\n`);
  return exitCodes.success;
}

async function noSuchCommand(word: string | undefined, option: string | undefined): Promise<string> {
  const verbs = Object.keys(commands);
  const list = `the commands are ${verbs.join(", ")}`;
  if (word === undefined)
    return `no command${option === undefined ? "" : ` before ${JSON.stringify(option)}`}; ${list}; see capsule --help`;
  if (/\.(py|ts|js|mjs|wasm|wat)$/.test(word))
    return `no command ${JSON.stringify(word)}; did you mean capsule run ${word}?`;
  if (word === "help") return `no command "help"; did you mean capsule --help?`;
  const { nearest } = await import("@capsule-run/host");
  const meant = nearest(word, verbs);
  return `no command ${JSON.stringify(word)}; ${meant === null ? `${list}; see capsule --help` : `did you mean capsule ${meant}?`}`;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  return manifest.version;
}
