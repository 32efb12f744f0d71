/** Job: preview1's poll_oneoff: clocks and readiness, waiting without the processor. Never: read or write. */
import { Fault, faultOf } from "../fault.ts";
import { clockId, errno, eventType, sizes, subclockflags } from "./abi.ts";
import type { Group } from "./context.ts";
import { right } from "./rights.ts";

interface Event {
  readonly userdata: bigint;
  readonly error: number;
  readonly type: number;
  readonly bytes: bigint;
}

interface Alarm {
  readonly userdata: bigint;
  /** Nanoseconds from the beginning of the call. */
  readonly after: bigint;
}

export const pollFunctions: Group = ({ kernel, memory, handles }) => {
  const now = (id: number): bigint | null => {
    if (id === clockId.realtime) return kernel.clock.wall();
    if (id === clockId.monotonic) return kernel.clock.monotonic();
    return null;
  };

  /** Files, devices and streams are always ready: reading one may wait, as it may for a program outside. */
  const readiness = (userdata: bigint, type: number, fd: number): Event => {
    try {
      const { open } = handles.get(fd, right.pollFdReadwrite);
      const needed = type === eventType.fdRead ? right.fdRead : right.fdWrite;
      if (open.kind === "directory") throw new Fault("EBADF");
      handles.get(fd, needed);
      let bytes = 0n;
      if (open.kind === "file" && open.seekable && type === eventType.fdRead) {
        const left = open.stat().size - BigInt(open.position);
        bytes = left > 0n ? left : 0n;
      }
      return { userdata, error: 0, type, bytes };
    } catch (error) {
      const fault = faultOf(error);
      if (!(fault instanceof Fault)) throw error;
      return { userdata, error: errno[fault.code], type, bytes: 0n };
    }
  };

  return {
    poll_oneoff(input: number, output: number, count: number, result: number) {
      const total = count >>> 0;
      if (total === 0) throw new Fault("EINVAL");
      kernel.ledger.checkPoll(total);
      memory.reserve(input, total * sizes.subscription);
      memory.reserve(output, total * sizes.event);
      memory.reserve(result, 4);

      const events: Event[] = [];
      const alarms: Alarm[] = [];
      for (let i = 0; i < total; i += 1) {
        const at = (input >>> 0) + i * sizes.subscription;
        const userdata = memory.u64(at);
        const type = memory.u8(at + 8);
        if (type === eventType.clock) {
          const current = now(memory.u32(at + 16));
          const timeout = memory.u64(at + 24);
          const absolute = (memory.u16(at + 40) & subclockflags.absolute) !== 0;
          if (current === null) events.push({ userdata, error: errno.EINVAL, type, bytes: 0n });
          else alarms.push({ userdata, after: absolute ? timeout - current : timeout });
        } else if (type === eventType.fdRead || type === eventType.fdWrite) {
          events.push(readiness(userdata, type, memory.u32(at + 16)));
        } else {
          throw new Fault("EINVAL");
        }
      }

      let elapsed = 0n;
      if (events.length === 0) {
        elapsed = alarms[0]!.after;
        for (const { after } of alarms) if (after < elapsed) elapsed = after;
        kernel.sleep(elapsed);
      }
      for (const { userdata, after } of alarms)
        if (after <= elapsed) events.push({ userdata, error: 0, type: eventType.clock, bytes: 0n });

      events.forEach(({ userdata, error, type, bytes }, i) => {
        const at = (output >>> 0) + i * sizes.event;
        memory.setU64(at, userdata);
        memory.setU16(at + 8, error);
        memory.setU16(at + 10, type);
        memory.setU32(at + 12, 0);
        memory.setU64(at + 16, bytes);
        memory.setU64(at + 24, 0n);
      });
      memory.setU32(result, events.length);
    },
  };
};
