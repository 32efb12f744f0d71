/**
 * Job: `node test/wasi/fuzz/long.ts [MINUTES] [FIRST SEED]`: fuzz for that long, one seed after another; print each that fails.
 * Never: stop at a failure; put what it prints into fuzz.test.ts.
 */
import { fuzz } from "./pair.ts";

const minutes = Number(process.argv[2] ?? 10);
let seed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);
const until = Date.now() + minutes * 60_000;
let runs = 0;
let failures = 0;
while (Date.now() < until) {
  const problem = fuzz(seed, 2000);
  runs += 1;
  if (problem !== null) {
    failures += 1;
    console.log(`${problem}\n`);
  }
  seed += 1;
}
console.log(`${runs} sequences of 2000 calls, ${failures} failed; the last seed was ${seed - 1}`);
process.exitCode = failures === 0 ? 0 : 1;
