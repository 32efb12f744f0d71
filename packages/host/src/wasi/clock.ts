/** Job: the guest's clocks, real or virtual. Never: sleep (the kernel asks its services for that). */
import type { KernelConfig } from "./config.ts";

/** Nanoseconds. `monotonic` begins where the configuration says (0), so that it tells nothing about the host. */
export interface Clock {
  wall(): bigint;
  monotonic(): bigint;
  /** Processor time of the guest's thread since the kernel was made. */
  cpu(): bigint;
  readonly resolution: bigint;
  /** Virtual time passes by this; real time passes by itself, so the caller must wait. */
  readonly skip: ((nanoseconds: bigint) => void) | null;
}

/** A clock that stood still would hang every `while now() < deadline`. */
const virtualTick = 1_000n;

function virtualClock(wallStart: bigint, monotonicStart: bigint): Clock {
  let elapsed = 0n;
  const tick = () => {
    elapsed += virtualTick;
    return elapsed;
  };
  return {
    wall: () => wallStart + tick(),
    monotonic: () => monotonicStart + tick(),
    cpu: tick,
    resolution: virtualTick,
    skip: (nanoseconds) => {
      elapsed += nanoseconds;
    },
  };
}

const cpuMicroseconds = () => {
  const { user, system } = process.threadCpuUsage();
  return BigInt(user + system);
};

function realClock(monotonicStart: bigint): Clock {
  const start = process.hrtime.bigint();
  const cpuStart = cpuMicroseconds();
  // performance.timeOrigin is fixed when the thread starts: a host clock set since then would be missed.
  const wallStart = BigInt(Date.now()) * 1_000_000n;
  const origin = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
  const drift = origin > wallStart ? origin - wallStart : wallStart - origin;
  const base = drift > 5_000_000n ? wallStart : origin;
  return {
    wall: () => base + (process.hrtime.bigint() - start),
    monotonic: () => monotonicStart + (process.hrtime.bigint() - start),
    cpu: () => (cpuMicroseconds() - cpuStart) * 1_000n,
    resolution: 1_000n,
    skip: null,
  };
}

export function createClock(config: KernelConfig["clock"]): Clock {
  const monotonicStart = config.monotonicStartNs ?? 0n;
  return config.kind === "virtual" ? virtualClock(config.startNs, monotonicStart) : realClock(monotonicStart);
}
