/**
 * Job: requests in, answers out: runs side by side, so many and so much at most, each answered once and in its own time.
 * Never: let a guest's print reach the channel of the answers; end because of a line.
 */
import { type Capsule, envelopeText } from "@capsule-run/host";
import type { Output } from "../terminal/output.ts";
import { type Line, linesOf } from "./lines.ts";
import { parseRequest, type Request, RequestError } from "./request.ts";

/** Longer than any arguments that a task may be called with. */
const mostLineBytes = 32 * 1024 * 1024;
/** Accepted and not answered: reading stops at the first of the two. */
const mostPending = 256;
const mostPendingCharacters = 64 * 1024 * 1024;

export interface Serving {
  readonly capsule: Capsule;
  readonly requests: AsyncIterable<Uint8Array>;
  readonly answers: Output;
  readonly prints: Output;
  /** Ends every run; who gives it ends `requests` too. */
  readonly signal: AbortSignal;
}

/** Resolves when the requests have come to their end and every run is answered. */
export async function serve({ capsule, requests, answers, prints, signal }: Serving): Promise<void> {
  const running = new Map<string, AbortController>();
  const pending = new Set<Promise<void>>();
  let characters = 0;
  let room = Promise.withResolvers<void>();

  const answer = async (id: string, member: "output" | "error", text: string) => {
    answers.write(`{"id":${id},${JSON.stringify(member)}:${text}}\n`);
    await answers.flushed();
  };
  const complain = (id: string, message: string) => answer(id, "error", JSON.stringify(message));

  const run = async (request: Extract<Request, { kind: "run" }>, controller: AbortController) => {
    try {
      const envelope = await capsule.run(request.file, {
        args: request.args,
        mounts: request.mounts,
        ...(request.cwd === null ? {} : { cwd: request.cwd }),
        signal: AbortSignal.any([signal, controller.signal]),
        stdout: prints.guest,
        stderr: prints.guest,
      });
      running.delete(request.id);
      await answer(request.id, "output", envelopeText(envelope));
    } catch (error) {
      running.delete(request.id);
      await complain(request.id, error instanceof Error ? error.message : String(error));
    }
  };

  const take = (line: Line): Promise<void> => {
    if (line.kind === "too_long") return complain("null", `the line is longer than ${mostLineBytes} bytes`);
    if (line.kind === "no_text") return complain("null", "the line is not UTF-8 text");
    let request: Request;
    try {
      request = parseRequest(line.text);
    } catch (error) {
      if (error instanceof RequestError) return complain(error.id, error.message);
      throw error;
    }
    const known = running.get(request.id);
    if (request.kind === "cancel") {
      // The run's own answer says that it was cancelled; one that has been answered cannot be any more.
      known?.abort();
      return Promise.resolve();
    }
    if (known !== undefined) return complain(request.id, "a run with this id has not been answered yet");
    const controller = new AbortController();
    running.set(request.id, controller);
    return run(request, controller);
  };

  try {
    for await (const line of linesOf(requests, mostLineBytes)) {
      const size = line.kind === "text" ? line.text.length : 0;
      characters += size;
      const taken = take(line).finally(() => {
        pending.delete(taken);
        characters -= size;
        room.resolve();
      });
      pending.add(taken);
      while (pending.size >= mostPending || characters > mostPendingCharacters) {
        room = Promise.withResolvers<void>();
        await room.promise;
      }
    }
  } catch (error) {
    // The command ends the stream when it is interrupted.
    if (!signal.aborted) throw error;
  }
  await Promise.all(pending);
}
