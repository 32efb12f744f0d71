/** Job: Ctrl-C and SIGTERM as an AbortSignal. Never: end the process, but for somebody who asks twice. */
import { exitCodes } from "../exit.ts";

export interface Interruptible extends Disposable {
  readonly signal: AbortSignal;
}

const names = ["SIGINT", "SIGTERM"] as const;

/** The first signal aborts; a second one does not wait for anything any more: guests' threads end with the process. */
export function interruptible(): Interruptible {
  const controller = new AbortController();
  const listener = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort(new Error(`interrupted by ${name}`));
  };
  for (const name of names) process.on(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, listener);
    },
  };
}
