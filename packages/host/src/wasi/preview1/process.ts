/** Job: preview1's args, environ, clock, random, proc, sched and sock functions. Never: files. */
import { Fault } from "../fault.ts";
import { clockId } from "./abi.ts";
import type { Context, Group } from "./context.ts";

/** A list of NUL-terminated strings, as C programs get them. */
function strings({ memory }: Context, list: readonly string[]) {
  const encoded = list.map((text) => new TextEncoder().encode(`${text}\0`));
  const length = encoded.reduce((total, bytes) => total + bytes.length, 0);
  return {
    sizes(countPointer: number, lengthPointer: number) {
      memory.setU32(countPointer, encoded.length);
      memory.setU32(lengthPointer, length);
    },
    get(pointers: number, buffer: number) {
      memory.reserve(pointers, encoded.length * 4);
      const into = memory.bytes(buffer, length);
      let at = 0;
      encoded.forEach((bytes, i) => {
        memory.setU32((pointers >>> 0) + i * 4, (buffer >>> 0) + at);
        into.set(bytes, at);
        at += bytes.length;
      });
    },
  };
}

export const processFunctions: Group = (context) => {
  const { kernel, memory, handles } = context;
  const args = strings(context, kernel.args);
  const environ = strings(context, kernel.env);
  /** There are no sockets, so a handle that exists is not one. */
  const notSocket = (fd: number) => {
    handles.get(fd);
    throw new Fault("ENOTSOCK");
  };

  return {
    args_sizes_get: args.sizes,
    args_get: args.get,
    environ_sizes_get: environ.sizes,
    environ_get: environ.get,

    clock_res_get(id: number, result: number) {
      if (id >>> 0 > clockId.thread) throw new Fault("EINVAL");
      memory.setU64(result, kernel.clock.resolution);
    },

    clock_time_get(id: number, _precision: bigint, result: number) {
      memory.reserve(result, 8);
      switch (id) {
        case clockId.realtime:
          return memory.setU64(result, kernel.clock.wall());
        case clockId.monotonic:
          return memory.setU64(result, kernel.clock.monotonic());
        case clockId.process:
        case clockId.thread:
          return memory.setU64(result, kernel.clock.cpu());
        default:
          throw new Fault("EINVAL");
      }
    },

    random_get(pointer: number, length: number) {
      kernel.random.fill(memory.bytes(pointer, length));
    },

    proc_exit(code: number) {
      kernel.end(code >>> 0);
    },
    /** Every signal whose default is to end the process; nothing can be caught. */
    proc_raise(signal: number) {
      kernel.end(128 + (signal & 0x7f));
    },
    sched_yield() {},

    sock_accept: notSocket,
    sock_recv: notSocket,
    sock_send: notSocket,
    sock_shutdown: notSocket,
  };
};
