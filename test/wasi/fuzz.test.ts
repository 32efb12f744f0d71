/**
 * Job: random preview1 calls on a real directory and on its model, with canaries around: a few stored sequences, each time the
 * same. The long mode is `node --conditions=capsule-source test/wasi/fuzz/long.ts [MINUTES] [FIRST SEED]`.
 * Never: a random seed here; what the long mode finds is stored below.
 */
import { expect, test } from "vitest";
import { weak } from "./attacks/weak.ts";
import { fuzz } from "./fuzz/pair.ts";

/** 15 once found that renaming a file onto a directory that holds it is ENOTEMPTY; the others have found nothing yet. */
const seeds = [15, 101, 102, 103, 104, 105, 106, 107, 108, 109];

test.each(seeds)("seed %i", (seed) => {
  expect(fuzz(seed, 1500)).toBeNull();
});

test.each(seeds.slice(0, 4))("seed %i through preview2", (seed) => {
  expect(fuzz(seed, 1500, null, "preview2")).toBeNull();
});

/** Not those that let the guest out: random calls would then change the machine that runs the tests. */
test.each(
  Object.entries({
    anyLinkTarget: weak.anyLinkTarget,
    forgetsReadOnly: weak.forgetsReadOnly,
    trustsRights: weak.trustsRights,
    lenientNames: weak.lenientNames,
    noQuotas: weak.noQuotas,
  }),
)("it notices a kernel with a mistake: %s", (_, weakness) => {
  expect(fuzz(15, 1500, weakness)).not.toBeNull();
  // Rights of handles and names that are no text are the business of preview1's front.
  if ("kernel" in weakness) expect(fuzz(15, 1500, weakness, "preview2")).not.toBeNull();
});
