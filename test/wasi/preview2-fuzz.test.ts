/**
 * Job: random calls of every function of WASI 0.2, a few stored sequences, each time the same.
 * Never: a random seed here.
 */
import { expect, test } from "vitest";
import { weak } from "./attacks/weak.ts";
import { fuzzTypes } from "./preview2/fuzz.ts";
import { wasiFunctions } from "./preview2/types.ts";

const seeds = [101, 102, 103, 104, 105, 106, 107, 108];
const answered = new Set<string>();

test.each(seeds)("seed %i", (seed) => {
  const { problem, answered: here } = fuzzTypes(seed, 2500);
  for (const name of here) answered.add(name);
  expect(problem).toBeNull();
});

test("what can be called has been called", () => {
  // Of these there is never an object, or they end the run; an error of a stream is rare.
  const never =
    /exit#|sockets\/(?:tcp|udp)#|resolve-address-stream|incoming-request|response-outparam|#\[method\]error\.|-error-code$/;
  const missing = wasiFunctions().filter(({ name }) => !never.test(name) && !answered.has(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

test.each([
  ["a way out", weak.trustingWalk],
  ["a read-only mount that is none", weak.forgetsReadOnly],
  ["a link's target that says where the host keeps things", weak.anyLinkTarget],
] as const)("it notices %s", (_, weakness) => {
  expect(seeds.some((seed) => fuzzTypes(seed, 2500, weakness).problem !== null)).toBe(true);
});
