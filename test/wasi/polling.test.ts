/** Job: poll_oneoff: clocks and readiness, without burning the processor. Never: a bound on how long a wait may be late. */
import { describe, expect, test } from "vitest";
import { Guest } from "./guest.ts";
import { guestOn, put } from "./volumes.ts";

describe("polling", () => {
  const subscribe = (
    guest: Guest,
    subscriptions: readonly { userdata: bigint; type: number; id: number; timeout?: bigint; flags?: number }[],
  ) => {
    for (const [i, { userdata, type, id, timeout, flags }] of subscriptions.entries()) {
      const at = 10_000 + i * 48;
      guest.view.setBigUint64(at, userdata, true);
      guest.view.setUint8(at + 8, type);
      guest.view.setUint32(at + 16, id, true);
      guest.view.setBigUint64(at + 24, timeout ?? 0n, true);
      guest.view.setUint16(at + 40, flags ?? 0, true);
    }
    const code = guest.call("poll_oneoff", 10_000, 20_000, subscriptions.length, 30_000);
    if (code !== "OK") return code;
    return Array.from({ length: guest.view.getUint32(30_000, true) }, (_, i) => ({
      userdata: guest.view.getBigUint64(20_000 + i * 32, true),
      error: guest.view.getUint16(20_000 + i * 32 + 8, true),
      type: guest.view.getUint8(20_000 + i * 32 + 10),
      bytes: guest.view.getBigUint64(20_000 + i * 32 + 16, true),
    }));
  };

  test("waits for the first clock, relative or absolute, without the processor", () => {
    const guest = new Guest();
    const before = process.threadCpuUsage();
    const began = performance.now();
    expect(
      subscribe(guest, [
        { userdata: 1n, type: 0, id: 1, timeout: 10_000_000_000n },
        { userdata: 2n, type: 0, id: 1, timeout: 300_000_000n },
      ]),
    ).toEqual([{ userdata: 2n, error: 0, type: 0, bytes: 0n }]);
    expect(performance.now() - began).toBeGreaterThan(299);
    const slept = guest.slept;
    expect(slept).toBeGreaterThan(100);
    const absolute = BigInt(Date.now() + 300) * 1_000_000n;
    expect(subscribe(guest, [{ userdata: 3n, type: 0, id: 0, timeout: absolute, flags: 1 }])).toHaveLength(1);
    expect(guest.slept - slept).toBeGreaterThan(100);
    const used = process.threadCpuUsage(before);
    // Whoever waits by looking again and again uses all of it.
    expect(used.user + used.system).toBeLessThan(500 * (performance.now() - began));
  });

  test("a deadline that has passed does not wait", () => {
    const guest = new Guest();
    expect(subscribe(guest, [{ userdata: 3n, type: 0, id: 0, timeout: 1n, flags: 1 }])).toHaveLength(1);
    expect(guest.slept).toBe(0);
  });

  test("what is ready is told at once, with what can be read", () => {
    const guest = guestOn("temporary", { stdin: "x" });
    put(guest, "file", "hello");
    const fd = guest.openAll("file").value!;
    expect(
      subscribe(guest, [
        { userdata: 1n, type: 0, id: 1, timeout: 10_000_000_000n },
        { userdata: 2n, type: 1, id: fd },
        { userdata: 3n, type: 2, id: 1 },
        { userdata: 4n, type: 1, id: 99 },
        { userdata: 5n, type: 1, id: 0 },
        { userdata: 6n, type: 2, id: 0 },
      ]),
    ).toEqual([
      { userdata: 2n, error: 0, type: 1, bytes: 5n },
      { userdata: 3n, error: 0, type: 2, bytes: 0n },
      { userdata: 4n, error: 8, type: 1, bytes: 0n },
      { userdata: 5n, error: 0, type: 1, bytes: 0n },
      { userdata: 6n, error: 76, type: 2, bytes: 0n },
    ]);
    expect(guest.slept).toBe(0);
  });

  test("nothing, too much, and what does not exist are refused", () => {
    const guest = new Guest({ quotas: { pollSubscriptions: 2 } });
    const clock = { userdata: 1n, type: 0, id: 1 };
    expect(subscribe(guest, [])).toBe("EINVAL");
    expect(subscribe(guest, [clock, clock, clock])).toBe("EINVAL");
    expect(subscribe(guest, [{ userdata: 1n, type: 7, id: 1 }])).toBe("EINVAL");
    expect(subscribe(guest, [{ userdata: 1n, type: 0, id: 9 }])).toEqual([
      { userdata: 1n, error: 28, type: 0, bytes: 0n },
    ]);
    expect(guest.call("poll_oneoff", 10_000, -32, 1, 0)).toBe("EFAULT");
  });
});
