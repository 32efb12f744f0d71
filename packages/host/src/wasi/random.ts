/** Job: fill bytes with randomness, the host's or a seed's. Never: decide how many (the guest's memory bounds that). */
import { createCipheriv, createHash, randomFillSync } from "node:crypto";
import type { KernelConfig } from "./config.ts";

export interface Random {
  fill(bytes: Uint8Array): void;
}

/** A thread can be ended between two pieces, not within one: 1 MiB takes about a millisecond. */
const piece = 1024 * 1024;

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

const hostRandom: Random = {
  fill(bytes) {
    for (const part of pieces(bytes)) randomFillSync(part);
  },
};

/** The key stream of AES-256-CTR under SHA-256(seed): the same on every platform and version, and as good as the seed is secret. */
function seededRandom(seed: bigint): Random {
  const key = createHash("sha256").update(`capsule random ${seed}`).digest();
  const cipher = createCipheriv("aes-256-ctr", key, new Uint8Array(16));
  return {
    fill(bytes) {
      for (const part of pieces(bytes)) part.set(cipher.update(new Uint8Array(part.length)));
    },
  };
}

export function createRandom(config: KernelConfig["random"]): Random {
  return config.kind === "seeded" ? seededRandom(config.seed) : hostRandom;
}
