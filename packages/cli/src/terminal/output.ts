/** Job: the two streams of the command: what is for people, what is a guest's, and a reader that went away. Never: decide what is said. */
import { styleText } from "node:util";
import { EscapeFilter, visible } from "./escapes.ts";

type Style = "bold" | "dim" | "red" | "yellow" | "green";

/** One of stdout and stderr. */
export class Output {
  readonly isTerminal: boolean;
  readonly #stream: NodeJS.WriteStream;
  readonly #filter: EscapeFilter | null;
  #lineOpen = false;
  #problem: Error | null = null;
  #draining: Promise<void> | null = null;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // Node forgets it at once on the streams of the process: `errored` is null again.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") this.#problem ??= error;
    });
    this.isTerminal = stream.isTTY === true;
    this.#filter = this.isTerminal ? new EscapeFilter() : null;
  }

  /** Our own words: `text` holds nothing of a guest that was not made visible or encoded. */
  write(text: string): void {
    if (text !== "") this.#lineOpen = !text.endsWith("\n");
    this.#stream.write(text);
  }

  /** Takes back the line that is open, on a terminal. */
  eraseLine(): void {
    this.#stream.write("\r\x1b[K");
    this.#lineOpen = false;
  }

  /** Bytes as they are, for a file that goes through a pipe. */
  writeBytes(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  /** What a guest printed: raw into files and pipes, harmless on a terminal. Pending while a slow reader takes its time. */
  guest = (bytes: Uint8Array): Promise<void> | undefined => {
    if (bytes.length === 0) return undefined;
    if (this.#filter === null) {
      this.#lineOpen = bytes.at(-1) !== 10;
      return this.#stream.write(bytes) ? undefined : this.#drained();
    }
    this.write(this.#filter.push(bytes));
    return this.#stream.writableNeedDrain ? this.#drained() : undefined;
  };

  /** After a guest's last byte: shows what was held back and ends its colours. */
  endGuest(): void {
    if (this.#filter !== null) this.write(this.#filter.end());
  }

  /** A text that a guest chose, such as its error message. */
  safe(text: string): string {
    return this.isTerminal ? visible(text) : text;
  }

  /** Ends a line that a guest left open, so that what we say next stands on its own. */
  freshLine(): void {
    if (this.#lineOpen) this.write("\n");
  }

  /** Coloured on a terminal, unless NO_COLOR is set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  /** One wait for all: a guest has many prints on their way to a slow reader. */
  #drained(): Promise<void> {
    this.#draining ??= new Promise((resolve) => {
      const done = () => {
        this.#draining = null;
        for (const name of ["drain", "error", "close"]) this.#stream.off(name, done);
        resolve();
      };
      for (const name of ["drain", "error", "close"]) this.#stream.on(name, done);
    });
    return this.#draining;
  }

  /** Why what was written did not arrive, such as a full disk; a reader that wanted no more is none. */
  get problem(): Error | null {
    return this.#problem;
  }

  /** Resolves once everything written has left the process, or cannot any more. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      // An error is told in the turn after the write.
      const settle = () => setImmediate(resolve);
      if (this.#stream.destroyed || this.#stream.writableLength === 0) settle();
      else this.#stream.write("", settle);
    });
  }
}

export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when nobody reads stdout any more (`| head`). */
  readonly readerGone: AbortSignal;
}

export function openTerminal(): Terminal {
  const gone = new AbortController();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    gone.abort(error);
  });
  // Without a reader of stderr there is nobody left to tell.
  process.stderr.on("error", () => {});
  return { stdout: new Output(process.stdout), stderr: new Output(process.stderr), readerGone: gone.signal };
}
