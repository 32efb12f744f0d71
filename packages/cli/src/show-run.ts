/** Job: one run as the command shows it: progress, prints, events, result, exit code. Never: say what is run. */
import type { Capsule, Envelope, RunOptions } from "@capsule-run/host";
import { type ExitCode, exitCodeOf } from "./exit.ts";
import { EventLines } from "./render/events.ts";
import { interruptible } from "./terminal/interrupt.ts";
import type { Terminal } from "./terminal/output.ts";
import { ProgressLine } from "./terminal/progress.ts";

export interface ShowFlags {
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly "no-trace"?: boolean | undefined;
}

/** Where the guest reads and prints, and what ends it. */
export type Streams = Required<Pick<RunOptions, "stdin" | "stdout" | "stderr" | "signal">>;

export async function showRun(
  options: ShowFlags,
  terminal: Terminal,
  run: (capsule: Capsule, streams: Streams) => Promise<Envelope>,
): Promise<ExitCode> {
  const { Capsule, envelopeText } = await import("@capsule-run/host");
  const show = await import("./render/envelope.ts");
  const { stdout, stderr } = terminal;
  const prints = options.json ? stderr : stdout;
  using interrupt = interruptible();
  using progress = new ProgressLine(stderr);
  let advice: string | null = null;
  const events = options.verbose ? new EventLines(stderr) : null;
  await using capsule = await Capsule.open({
    brief: true,
    onEvent(event) {
      if (event.kind === "preparing") {
        progress.update(event.step, event.fraction);
        advice = event.advice ?? advice;
      } else progress.clear();
      events?.show(event);
    },
    trace: options["no-trace"] ? false : traceOf(terminal),
  });
  const envelope = await run(capsule, {
    stdin: standardInput(),
    stdout: prints.guest,
    stderr: stderr.guest,
    signal: AbortSignal.any([interrupt.signal, terminal.readerGone]),
  });
  progress[Symbol.dispose]();
  stdout.endGuest();
  stderr.endGuest();
  // To a person who stayed, and only when something was prepared: once.
  if (advice !== null && stderr.isTerminal && !interrupt.signal.aborted)
    stderr.write(`capsule: ${stderr.safe(advice)}\n`);

  if (options.json) stdout.write(show.json(envelopeText(envelope), stdout));
  else {
    show.showResult(envelope, stdout);
    // Who asked for no more (`| head`) is not told that there is no more.
    const isEnough = envelope.error?.error_type === "cancelled" && terminal.readerGone.aborted;
    if (!isEnough || interrupt.signal.aborted) show.showFailure(envelope, stderr);
  }
  if (options.verbose) show.showUsage(envelope, events?.policy ?? null, stderr);
  return exitCodeOf(envelope);
}

/** The option `trace` of a host whose problems a person reads. */
export function traceOf({ stderr }: Terminal): { readonly onProblem: (message: string) => void } {
  return {
    onProblem(message) {
      stderr.freshLine();
      stderr.write(`capsule: ${stderr.safe(message)}\n`);
    },
  };
}

/** Opened when the guest first asks for it: a program that does not read leaves our standard input alone. */
async function* standardInput(): AsyncGenerator<Uint8Array> {
  // The guest may end while we wait for more: then nobody waits for the writer.
  process.stdin.unref?.();
  yield* process.stdin as AsyncIterable<Uint8Array>;
}
