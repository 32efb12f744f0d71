/** Job: damage a module the way fuzzers do: flip, insert, delete, copy, truncate, absurd integers. Never: care for validity. */
import type { Random } from "./random.ts";

const absurd: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0x07],
];

export function mutate(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let out = [...bytes];
  for (let n = 1 + random.below(4); n > 0; n--) {
    // Mostly behind the header: a bad header ends every story at once.
    const at = Math.min(out.length - 1, 8 + random.below(Math.max(1, out.length - 8)));
    switch (random.below(9)) {
      case 0:
        out[at] = random.below(256);
        break;
      case 1:
        out[at] = out[at]! ^ (1 << random.below(8));
        break;
      case 2:
        out.splice(at, 0, random.below(256));
        break;
      case 3:
        out.splice(at, 1 + random.below(4));
        break;
      case 4:
        out.splice(at, 0, ...random.pick(absurd));
        break;
      case 5:
        out.splice(at, random.pick([1, 2, 5]), ...random.pick(absurd));
        break;
      case 6: {
        const from = random.below(out.length);
        out.splice(at, 0, ...out.slice(from, from + random.below(40)));
        break;
      }
      case 7:
        if (random.chance(20)) out = out.slice(0, at);
        break;
      default:
        // prefixes and opcodes that few modules use
        out[at] = random.pick([
          0xfb, 0xfc, 0xfd, 0xfe, 0x06, 0x07, 0x08, 0x09, 0x18, 0x19, 0x1f, 0x12, 0x15, 0xd5, 0x13, 0x0e,
        ]);
    }
  }
  return Uint8Array.from(out);
}
