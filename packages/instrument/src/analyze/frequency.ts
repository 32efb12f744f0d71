/**
 * Job: guess how often each block and edge runs, relative to one entry, so that charges can be put where they are rare.
 * Never: anything that correctness rests on.
 *
 * Static guesses after Ball and Larus, "Branch Prediction for Free" (1993): loops run ten times, branches back are
 * taken, branches to a trap are not.
 */
import { type Block, type ControlFlow, EdgeKind } from "./control.ts";

const loopFactor = 10;
const ceiling = 1e12;

const leadsToTrap = (block: Block | null): boolean =>
  block !== null &&
  block.out.length > 0 &&
  block.resume === null &&
  block.out.every((edge) => edge.kind === EdgeKind.leave);

export function estimateFrequencies(flow: ControlFlow): void {
  for (const block of flow.blocks) {
    let sum = 0;
    for (const edge of block.in) {
      if (edge.back) continue;
      if (edge.kind === EdgeKind.arrive) {
        if (block.index === 0) edge.frequency = 1;
        else if (edge.frequency === 0) edge.frequency = 0.001;
      }
      sum += edge.frequency;
    }
    if (block.loop >= 0) sum *= loopFactor;
    block.frequency = Math.min(sum, ceiling);
    share(block);
  }
}

function share(block: Block): void {
  const { out, frequency } = block;
  if (block.resume) {
    block.resume.in[0]!.frequency = frequency;
    for (const edge of out) edge.frequency = frequency;
    return;
  }
  if (out.length === 2) {
    const [one, other] = out as [(typeof out)[0], (typeof out)[0]];
    let likely = 0.5;
    if (one.back) likely = 0.9;
    else if (other.back) likely = 0.1;
    else if (leadsToTrap(one.to)) likely = 0.05;
    else if (leadsToTrap(other.to)) likely = 0.95;
    one.frequency = frequency * likely;
    other.frequency = frequency * (1 - likely);
    return;
  }
  for (const edge of out) edge.frequency = frequency / out.length;
}
