/** Job: the worker's end of the conversation with the host, with the host's end played by the test. */
import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { Channel, mostCalls } from "../../packages/host/src/worker/inside/channel.ts";
import {
  type InputReply,
  messageCost,
  messageWindow,
  sharedBytes,
  Word,
  type WorkerMessage,
} from "../../packages/host/src/worker/protocol.ts";

function pair() {
  const { port1, port2 } = new MessageChannel();
  const shared = new SharedArrayBuffer(sharedBytes);
  const words = new Int32Array(shared);
  const sent: WorkerMessage[] = [];
  const channel = new Channel(
    { postMessage: (message: WorkerMessage) => void sent.push(message) },
    { replies: port2, shared },
  );
  channel.begin(1);
  const reply = (seq: number, text: string) => {
    const bytes = new TextEncoder().encode(text);
    port1.postMessage({ seq, reply: { ok: true, bytes } });
    Atomics.add(words, Word.Replies, 1);
  };
  return { channel, words, sent, reply, close: () => port1.close() };
}

const ask = { kind: "input", maxBytes: 1 } as const;
const text = (reply: unknown) => {
  const { ok, bytes } = reply as InputReply & { bytes: Uint8Array };
  return ok ? new TextDecoder().decode(bytes) : null;
};

test("several calls in flight, replies in any order", () => {
  const { channel, reply, sent, close } = pair();
  const [first, second, third] = [channel.start(ask), channel.start(ask), channel.start(ask)];
  expect(sent.map((message) => message.kind)).toEqual(["call", "call", "call"]);
  reply(third, "three");
  reply(first, "one");
  expect(channel.arrived(0)).toEqual([first, third]);
  expect(text(channel.wait(third))).toBe("three");
  reply(second, "two");
  expect(text(channel.wait(second))).toBe("two");
  expect(text(channel.wait(first))).toBe("one");
  expect(channel.pending).toBe(0);
  close();
});

test("a reply is taken once, and an unknown call is an error", () => {
  const { channel, reply, close } = pair();
  const seq = channel.start(ask);
  reply(seq, "x");
  channel.wait(seq);
  expect(() => channel.wait(seq)).toThrow(RangeError);
  expect(() => channel.wait(999)).toThrow(RangeError);
  close();
});

test("late replies of an earlier run are dropped", () => {
  const { channel, reply, close } = pair();
  const old = channel.start(ask);
  channel.begin(2);
  reply(old, "late");
  const seq = channel.start(ask);
  reply(seq, "mine");
  expect(text(channel.wait(seq))).toBe("mine");
  expect(() => channel.wait(old)).toThrow(RangeError);
  close();
});

test("no more calls at once than the limit", () => {
  const { channel, reply, close } = pair();
  const seqs = Array.from({ length: mostCalls }, () => channel.start(ask));
  expect(() => channel.start(ask)).toThrow(RangeError);
  reply(seqs[0]!, "x");
  channel.wait(seqs[0]!);
  channel.start(ask);
  close();
});

test("waiting for any reply ends at its time, and at once when nothing is pending", () => {
  const { channel, close } = pair();
  expect(channel.arrived(null)).toEqual([]);
  channel.start(ask);
  expect(channel.arrived(1)).toEqual([]);
  close();
});

test("every message adds its cost to the window", () => {
  const { channel, words, close } = pair();
  channel.post({ kind: "output", stream: 1, bytes: new Uint8Array(100) }, 100);
  expect(Atomics.load(words, Word.Unread)).toBe(100 + messageCost);
  expect(messageCost).toBeLessThan(messageWindow);
  close();
});

test("usage is published in words that hold 64 bits of fuel", () => {
  const { channel, words, close } = pair();
  channel.publish(2n ** 62n + 12345n, 3 * 65_536);
  const low = BigInt(words[Word.Fuel]! >>> 0);
  const high = BigInt(words[Word.Fuel + 1]! >>> 0);
  expect((high << 32n) | low).toBe(2n ** 62n + 12345n);
  expect(words[Word.Pages]).toBe(3);
  close();
});
