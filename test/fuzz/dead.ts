/** Job: emit unreachable code: the operators that fuzzers find and compilers never emit. Never: run. */
import { s, u } from "../support/encode.ts";
import type { FunctionContext } from "./context.ts";
import { statement } from "./statement.ts";

/** Valid where the stack is polymorphic; leaves it so. */
export function deadCode(context: FunctionContext, depth: number): number[] {
  const { random, world, labels } = context;
  const out: number[] = [];
  for (let n = random.below(4); n > 0; n--) {
    switch (random.below(9)) {
      case 0: {
        const callee = random.below(world.functions.length);
        out.push(0x10, ...u(callee), ...world.types[world.functions[callee]!]!.results.map(() => 0x1a));
        break;
      }
      case 1:
        out.push(0x6a, 0x1a);
        break;
      case 2: {
        const label = random.below(labels.length);
        out.push(0x0d, ...u(label), ...labels.at(-1 - label)!.types.map(() => 0x1a));
        break;
      }
      case 3: {
        const label = random.below(labels.length);
        out.push(0x0e, ...u(2), ...u(label), ...u(label), ...u(label));
        break;
      }
      case 4:
        out.push(0x03, 0x40, 0x41, ...s(1), 0x0d, 0, 0x0b);
        break;
      case 5:
        out.push(0x04, 0x40, 0x01, 0x05, 0x00, 0x0b);
        break;
      case 6:
        out.push(0x1b, 0x1a);
        break;
      case 7:
        if (world.tableSize > 0) out.push(0x11, ...u(0), 0, ...world.types[0]!.results.map(() => 0x1a));
        break;
      default:
        out.push(...statement(context, Math.min(depth - 1, 1)));
    }
  }
  return out;
}
