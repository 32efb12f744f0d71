/** Job: `capsule run`: options → one run of the host → what a person or a program reads. Never: run anything by itself. */
import { exitCodeOf } from "../exit.ts";
import { EventLines } from "../render/events.ts";
import { runRequest } from "../request.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { ProgressLine } from "../terminal/progress.ts";
import { define } from "./command.ts";

export const runCommand = define({
  verb: "run",
  synopsis: "[FILE] [ARGS…]",
  summary: "Run a program in a sandbox",
  positionals: {
    file: { describe: "program: .py .ts .js .mjs .wasm .wat [default: entrypoint of capsule.toml]" },
    args: { describe: "arguments of the program, as strings", array: true },
  },
  options: {
    json: { type: "boolean", describe: "the envelope, alone, on standard output; prints go to standard error" },
    verbose: { type: "boolean", describe: "policy before the run, events during it, usage after it" },
    "args-file": { type: "string", describe: "JSON array of arguments, before the plain ones" },
    mount: {
      type: "string",
      array: true,

      describe: "give a folder of the project: HOST[::GUEST][:ro|:rw]",
    },
    compute: { type: "string", describe: "fuel budget: LOW, MEDIUM, HIGH or a whole number" },
    ram: { type: "string", describe: "memory limit: 64MB, 2GB, plain bytes" },
    timeout: { type: "string", describe: "wall-clock limit: 500ms, 30s, 1m 30s" },
    "allow-file": { type: "string", array: true, describe: "allow a folder: DIR[:ro|:rw]" },
    "allow-host": { type: "string", array: true, describe: "allow a host: NAME, *.NAME, NAME:PORT" },
    env: { type: "string", array: true, describe: "pass this variable of the environment on" },
    invoke: { type: "string", describe: "call this export of a module: 'f(1, 2.5)'" },
  },
  examples: [
    ["capsule run hello.py", "the result on standard output"],
    ["capsule run report.py data.csv -- --fast", 'arguments "data.csv" and "--fast"'],
    ["capsule run tool.wasm --compute 5000000 --ram 64MB --timeout 2s", "a module within limits"],
    ["capsule run math.wat --invoke 'gcd(12, 18)'", "one export of a module"],
  ],

  async run(options, terminal) {
    const request = await runRequest(options);
    const { Capsule, envelopeText } = await import("@capsule-run/host");
    const show = await import("../render/envelope.ts");
    const { stdout, stderr } = terminal;
    const prints = options.json ? stderr : stdout;
    using interrupt = interruptible();
    using progress = new ProgressLine(stderr);
    const events = options.verbose ? new EventLines(stderr) : null;
    await using capsule = await Capsule.open({
      onEvent(event) {
        if (event.kind === "preparing") progress.update(event.step, event.fraction);
        else progress.clear();
        events?.show(event);
      },
    });
    const envelope = await capsule.run(request.file, {
      ...request.options,
      stdin: standardInput(),
      stdout: prints.guest,
      stderr: stderr.guest,
      signal: AbortSignal.any([interrupt.signal, terminal.readerGone]),
    });
    progress.clear();
    stdout.endGuest();
    stderr.endGuest();

    if (options.json) stdout.write(show.json(envelopeText(envelope), stdout));
    else {
      show.showResult(envelope, stdout);
      show.showFailure(envelope, stderr);
    }
    if (options.verbose) show.showUsage(envelope, events?.policy ?? null, stderr);
    return exitCodeOf(envelope);
  },
});

/** Opened when the guest first asks for it: a program that does not read leaves our standard input alone. */
async function* standardInput(): AsyncGenerator<Uint8Array> {
  yield* process.stdin as AsyncIterable<Uint8Array>;
}
