/** Job: runs that share a thread, and so a recycled memory, start all from the same bytes. Never: a clock. */
import { expect, test } from "vitest";
import { javascript, task } from "./support.ts";

const js = javascript({ pool: { threads: 1 } });

test("a hundred runs on one thread see nothing of each other, and each has the whole platform", async () => {
  const text = task(`
  const left = [globalThis.left, Object.prototype.left, URL.left, Math.left].filter((value) => value !== undefined);
  globalThis.left = Object.prototype.left = URL.left = Math.left = args[0];
  const url = new URL("http://h/?a=1");
  url.searchParams.append("b", "2");
  const key = await crypto.subtle.importKey("raw", new Uint8Array([1]), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = new Uint8Array(await crypto.subtle.sign("HMAC", key, new Uint8Array([2])))[0];
  return [left, url.href, signed, [...new Headers({ a: "b" })], structuredClone(new Map([[1, 2]])).get(1), new TextDecoder().decode(new TextEncoder().encode("é")), Math.random()];`);
  const random = new Set<unknown>();
  const fuel = new Set<bigint>();
  for (let run = 0; run < 100; run++) {
    const { result, error, envelope } = await js.run(text, { args: [1] });
    expect(error).toBe("");
    const seen = result as unknown[];
    expect(seen.slice(0, -1)).toEqual([[], "http://h/?a=1&b=2", 108, [["a", "b"]], 2, "é"]);
    random.add(seen.at(-1));
    fuel.add(envelope.execution.fuel_consumed);
  }
  expect(random.size).toBe(100);
  // What differs are the digits of clocks and random numbers, no more.
  expect(
    Number([...fuel].reduce((a, b) => (a > b ? a : b)) - [...fuel].reduce((a, b) => (a < b ? a : b))),
  ).toBeLessThan(100_000);
});
