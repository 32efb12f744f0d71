/** Job: `capsule worker`: requests as JSON lines on standard input, answers on standard output. Never: answer by itself. */
import { UsageError } from "../errors.ts";
import { exitCodes } from "../exit.ts";
import { traceOf } from "../show-run.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { define } from "./command.ts";

const mostRunning = 256;

export const workerCommand = define({
  verb: "worker",
  synopsis: "",
  summary: "Run programs on request: JSON lines in, JSON lines out",
  positionals: {},
  options: {
    concurrency: { type: "string", describe: "runs at once [default: processors of this machine]" },
    "no-trace": { type: "boolean", describe: "do not record the runs in .capsule/trace.db" },
  },
  examples: [
    [
      `echo '{"id": 1, "file": "main.py", "args": ["Ada"]}' | capsule worker`,
      'answers {"id":1,"output":{the envelope}}; "mounts" and "cwd" may be given too',
    ],
    [`{"id": 1, "cancel": true}`, "a line that ends a run; it is answered as cancelled"],
  ],

  async run(options, terminal) {
    const { Capsule } = await import("@capsule-run/host");
    const { serve } = await import("../worker/serve.ts");
    const { stdout, stderr, readerGone } = terminal;
    const threads = concurrencyOf(options.concurrency);
    using interrupt = interruptible();
    await using capsule = await Capsule.open({
      pool: threads === null ? {} : { threads },
      trace: options["no-trace"] ? false : traceOf(terminal),
    });
    const signal = AbortSignal.any([interrupt.signal, readerGone]);
    signal.addEventListener("abort", () => process.stdin.destroy(), { once: true });
    void capsule.warm();
    await serve({
      capsule,
      requests: process.stdin as AsyncIterable<Uint8Array>,
      answers: stdout,
      prints: stderr,
      signal,
    });
    stderr.endGuest();
    return interrupt.signal.aborted ? exitCodes.interrupted : exitCodes.success;
  },
});

function concurrencyOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const threads = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (threads < 1 || threads > mostRunning)
    throw new UsageError(`--concurrency is ${JSON.stringify(text)}; it takes a whole number from 1 to ${mostRunning}`);
  return threads;
}
