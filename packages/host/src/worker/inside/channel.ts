/**
 * Job: the worker's side of talking with the host: messages out under back-pressure, calls that the host answers,
 * waiting that uses no processor time.
 * Never: know what the messages mean.
 *
 * The host posts a reply, then raises the word `Replies`. Here the word is read, then the port is emptied, then the
 * thread waits for the word to differ from what was read: no wake-up can be lost.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import {
  type HostCall,
  type HostReply,
  messageCost,
  messageWindow,
  type ReplyMessage,
  type ReplyTo,
  type ThreadData,
  Word,
  type WorkerMessage,
} from "../protocol.ts";

/** Calls that one run may have started and not yet taken the reply of. */
export const mostCalls = 64;

/** A message of the guest's making, without what the channel adds. */
type GuestMessage = Bare<Extract<WorkerMessage, { cost: number }>>;
type Bare<Message> = Message extends unknown ? Omit<Message, "id" | "cost"> : never;

export class Channel {
  readonly #out: Pick<MessagePort, "postMessage">;
  readonly #replies: MessagePort;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #run = 0;
  #seq = 0;
  /** Calls of this run, with their reply once it is there. */
  readonly #calls = new Map<number, HostReply | null>();
  /** Called before the thread waits, since it may be ended there: the time to `publish`. */
  beforeWait: () => void = () => {};

  constructor(out: Pick<MessagePort, "postMessage">, { replies, shared }: ThreadData) {
    this.#out = out;
    this.#replies = replies;
    this.#words = new Int32Array(shared);
  }

  /** Forgets an earlier run: its late replies are dropped by their number. */
  begin(run: number): void {
    this.#run = run;
    this.beforeWait = () => {};
    this.#calls.clear();
    this.#drain();
  }

  /** Posts a message of the guest's making, of so many `bytes`; waits first while the host is more than a window behind. */
  post(message: GuestMessage, bytes: number, transfer: ArrayBuffer[] = []): void {
    const cost = bytes + messageCost;
    for (;;) {
      const unread = Atomics.load(this.#words, Word.Unread);
      if (unread < messageWindow) break;
      Atomics.wait(this.#words, Word.Unread, unread);
    }
    Atomics.add(this.#words, Word.Unread, cost);
    this.#out.postMessage({ ...message, id: this.#run, cost } satisfies WorkerMessage, transfer);
  }

  /** Tells the host, without a message, how much is used: all that is known of a run that is terminated. */
  publish(fuelConsumed: bigint, memoryBytes: number): void {
    Atomics.store(this.#words, Word.Fuel, Number(BigInt.asIntN(32, fuelConsumed)));
    Atomics.store(this.#words, Word.Fuel + 1, Number(BigInt.asIntN(32, fuelConsumed >> 32n)));
    Atomics.store(this.#words, Word.Pages, memoryBytes / 65_536);
  }

  /** Calls started whose reply was not taken yet. At `mostCalls`, `start` throws a RangeError: take one first. */
  get pending(): number {
    return this.#calls.size;
  }

  /** Asks the host; the reply is taken by `wait`, in any order. */
  start(call: HostCall): number {
    if (this.#calls.size >= mostCalls) throw new RangeError(`more than ${mostCalls} host calls at once`);
    const seq = ++this.#seq;
    this.#calls.set(seq, null);
    this.post({ kind: "call", seq, call }, callBytes(call));
    return seq;
  }

  /** Blocks until the reply to `seq` is there, and takes it. */
  wait(seq: number): HostReply {
    for (;;) {
      const seen = Atomics.load(this.#words, Word.Replies);
      this.#drain();
      const reply = this.#calls.get(seq);
      if (reply === undefined) throw new RangeError(`no host call ${seq} is waiting for a reply`);
      if (reply !== null) {
        this.#calls.delete(seq);
        return reply;
      }
      this.beforeWait();
      Atomics.wait(this.#words, Word.Replies, seen);
    }
  }

  /** Asks and waits. */
  call<Call extends HostCall>(call: Call): ReplyTo<Call> {
    return this.wait(this.start(call)) as ReplyTo<Call>;
  }

  /**
   * The calls whose reply can be taken without blocking. If there is none, blocks until there is one or `milliseconds`
   * have passed (null: for as long as it takes); returns at once when nothing is pending and null was given.
   */
  arrived(milliseconds: number | null): number[] {
    const end = milliseconds === null ? Number.POSITIVE_INFINITY : performance.now() + milliseconds;
    for (;;) {
      const seen = Atomics.load(this.#words, Word.Replies);
      this.#drain();
      const there = [...this.#calls].filter(([, reply]) => reply !== null).map(([seq]) => seq);
      const left = end - performance.now();
      if (there.length > 0 || left <= 0 || (milliseconds === null && this.#calls.size === 0)) return there;
      this.beforeWait();
      Atomics.wait(this.#words, Word.Replies, seen, left);
    }
  }

  /** Blocks the thread without using the processor; `terminate` ends it at once. */
  sleep(milliseconds: number): void {
    if (milliseconds <= 0) return;
    this.beforeWait();
    Atomics.wait(this.#words, Word.Sleep, 0, milliseconds);
  }

  #drain(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#replies) as { message: ReplyMessage } | undefined;
      if (received === undefined) return;
      const { seq, reply } = received.message;
      if (this.#calls.has(seq)) this.#calls.set(seq, reply);
    }
  }
}

/** Roughly what a call holds in the host's queue. */
function callBytes(call: HostCall): number {
  switch (call.kind) {
    case "http":
      return (
        call.url.length +
        (call.body?.byteLength ?? 0) +
        call.headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
      );
    case "body":
    case "input":
      return 0;
    case "task":
      return call.name.length + call.args.length + call.kwargs.length;
  }
}
