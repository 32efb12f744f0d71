/** Job: a Math.random that is every run's own: QuickJS seeds its generator once, before the image was made. Never: be secret (crypto is). */
import { onFresh } from "../core/run.ts";
import { define } from "./define.ts";

/** xorshift128+ (Vigna, "Further scramblings of Marsaglia's xorshift generators", 2014) on 32-bit halves: no big integers. */
onFresh(() => {
  const words = crypto.getRandomValues(new Uint32Array(4));
  let [aHigh, aLow, bHigh, bLow] = [words[0]!, words[1]! | 1, words[2]!, words[3]!];
  const random = () => {
    let high = aHigh;
    let low = aLow;
    aHigh = bHigh;
    aLow = bLow;
    // t ^= t << 23; t ^= t >> 17; t ^= s ^ (s >> 26)
    high ^= (high << 23) | (low >>> 9);
    low ^= low << 23;
    const shiftedLow = (low >>> 17) | (high << 15);
    high ^= high >>> 17;
    low ^= shiftedLow;
    high ^= bHigh ^ (bHigh >>> 26);
    low ^= bLow ^ ((bLow >>> 26) | (bHigh << 6));
    bHigh = high;
    bLow = low;
    const sumLow = (bLow >>> 0) + (aLow >>> 0);
    const sumHigh = (bHigh + aHigh + (sumLow > 0xffffffff ? 1 : 0)) >>> 0;
    // 53 bits: 32 of the high word, 21 of the low one.
    return (sumHigh * 0x200000 + ((sumLow >>> 0) >>> 11)) / 2 ** 53;
  };
  define(Math, { random });
});
