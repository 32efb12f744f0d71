/** Job: the guest's file calls, in the words of its `fs` module, put to the kernel; handles are small numbers of this run. Never: decide what is granted. */
import { Fault, faultOf } from "../../wasi/fault.ts";
import type { Stat } from "../../wasi/node.ts";
import { OpenDirectory, OpenFile } from "../../wasi/open.ts";
import type { Answer, Verb } from "./javascript-host.ts";
import { Refused } from "./refused.ts";
import type { Sandbox } from "./sandbox.ts";

const mostReadBytes = 64 * 1024 * 1024;
const nanosecondsPerMillisecond = 1_000_000n;

type Call = (args: readonly unknown[], bytes: Uint8Array | null) => Answer;

/** `fs.<name>`: the text is a JSON array of arguments. */
export function fileVerbs(sandbox: Sandbox): Array<[string, Verb]> {
  const handles = new Map<number, OpenFile>();
  const root = () => sandbox.kernel.preopens[0]!.open;
  const files = () => sandbox.kernel.files;
  const handle = (value: unknown): OpenFile => {
    const found = typeof value === "number" ? handles.get(value) : undefined;
    if (found === undefined) throw new Fault("EBADF");
    return found;
  };

  const calls: Record<string, Call> = {
    open: ([path, how]) => {
      const wanted = record(how);
      const flag = (name: string) => wanted[name] === true;
      const opened = files().open(
        root(),
        pathOf(path),
        true,
        {
          read: flag("read"),
          write: flag("write"),
          create: flag("create"),
          exclusive: flag("exclusive"),
          truncate: flag("truncate"),
          directory: false,
        },
        { append: flag("append"), sync: false, nonblock: false },
      );
      if (opened instanceof OpenDirectory) {
        opened.close();
        throw new Fault("EISDIR");
      }
      let number = 3;
      while (handles.has(number)) number++;
      handles.set(number, opened);
      return `${number}`;
    },
    close: ([at]) => {
      handle(at).close();
      handles.delete(at as number);
      return null;
    },
    read: ([at, length, position]) => {
      const file = handle(at);
      const wanted = count(length, mostReadBytes);
      // No more is set aside than there is to read.
      const from = position === null ? (file.seekable ? file.position : 0) : count(position, Number.MAX_SAFE_INTEGER);
      const left = file.seekable ? Math.max(0, Number(file.stat().size) - from) : wanted;
      const into = new Uint8Array(Math.min(wanted, left));
      const read = position === null ? file.read(into) : file.readAt(into, from);
      return into.subarray(0, read);
    },
    write: ([at, position], bytes) => {
      const from = bytes ?? new Uint8Array(0);
      const file = handle(at);
      return `${position === null ? file.write(from) : file.writeAt(from, count(position, Number.MAX_SAFE_INTEGER))}`;
    },
    truncate: ([at, size]) => {
      handle(at).setSize(count(size, Number.MAX_SAFE_INTEGER));
      return null;
    },
    sync: ([at]) => {
      handle(at).sync();
      return null;
    },
    fstat: ([at]) => statText(handle(at).stat()),
    stat: ([path]) => statText(files().stat(root(), pathOf(path), true)),
    lstat: ([path]) => statText(files().stat(root(), pathOf(path), false)),
    readdir: ([path]) => {
      const how = { read: true, write: false, create: false, exclusive: false, truncate: false, directory: true };
      const opened = files().open(root(), pathOf(path), true, how, { append: false, sync: false, nonblock: false });
      try {
        if (opened instanceof OpenFile) throw new Fault("ENOTDIR");
        return JSON.stringify(
          files()
            .entries(opened)
            .map(({ name, type }) => [name, type]),
        );
      } finally {
        opened.close();
      }
    },
    mkdir: ([path]) => {
      files().createDirectory(root(), pathOf(path));
      return null;
    },
    rmdir: ([path]) => {
      files().removeDirectory(root(), pathOf(path));
      return null;
    },
    unlink: ([path]) => {
      files().unlink(root(), pathOf(path));
      return null;
    },
    rename: ([from, to]) => {
      files().rename(root(), pathOf(from), root(), pathOf(to));
      return null;
    },
    link: ([from, to]) => {
      files().link(root(), pathOf(from), root(), pathOf(to));
      return null;
    },
    symlink: ([target, path]) => {
      if (typeof target !== "string") throw new Fault("EINVAL");
      files().symlink(target, root(), pathOf(path));
      return null;
    },
    readlink: ([path]) => files().readlink(root(), pathOf(path)),
    utimes: ([path, accessed, modified]) => {
      files().setTimes(root(), pathOf(path), true, {
        accessedNs: nanoseconds(accessed),
        modifiedNs: nanoseconds(modified),
      });
      return null;
    },
  };
  return Object.entries(calls).map(([name, call]) => [`fs.${name}`, verb(name, call)]);
}

/** Two paths, every character escaped; what makes a longer text than that is one too long. */
const mostArgumentsLength = 64 * 1024;

/** Faults of the kernel become refusals with the names that Node's errors carry. */
function verb(name: string, call: Call): Verb {
  return (text, bytes) => {
    try {
      if (text.length > mostArgumentsLength) throw new Fault("ENAMETOOLONG");
      const args: unknown = JSON.parse(text);
      if (!Array.isArray(args)) throw new Fault("EINVAL");
      return call(args, bytes);
    } catch (error) {
      const fault = error instanceof SyntaxError ? new Fault("EINVAL") : faultOf(error);
      if (fault instanceof Fault) throw new Refused(fault.code, name);
      throw error;
    }
  };
}

/** Guest paths are absolute; the kernel walks from the root of its tree. */
function pathOf(value: unknown): string {
  if (typeof value !== "string" || value === "" || value.includes("\0")) throw new Fault("EINVAL");
  return value.startsWith("/") ? `.${value}` : `./${value}`;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function count(value: unknown, most: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new Fault("EINVAL");
  return Math.min(value, most);
}

function nanoseconds(milliseconds: unknown): bigint | null {
  return milliseconds === null ? null : BigInt(count(milliseconds, 8_640_000_000_000_000)) * nanosecondsPerMillisecond;
}

/** Sizes and inodes are safe integers in practice; times are milliseconds. */
function statText(stat: Stat): string {
  const milliseconds = (value: bigint) => Number(value / 1000n) / 1000;
  return JSON.stringify({
    type: stat.type,
    dev: Number(stat.device),
    ino: Number(BigInt.asUintN(53, stat.inode)),
    nlink: Number(stat.links),
    size: Number(stat.size),
    atimeMs: milliseconds(stat.accessedNs),
    mtimeMs: milliseconds(stat.modifiedNs),
    ctimeMs: milliseconds(stat.changedNs),
  });
}
