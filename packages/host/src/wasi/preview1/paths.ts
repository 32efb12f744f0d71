/** Job: preview1's path_… functions. Never: resolve paths (the kernel does). */
import { Fault } from "../fault.ts";
import { fdflags, lookup, oflags, sizes } from "./abi.ts";
import type { Group } from "./context.ts";
import { toTimes } from "./descriptors.ts";
import { possible, right } from "./rights.ts";

export const pathFunctions: Group = ({ kernel, memory, handles }) => {
  const follows = (flags: number) => (flags & lookup.symlinkFollow) !== 0;

  return {
    path_open(
      fd: number,
      lookupFlags: number,
      pointer: number,
      length: number,
      open: number,
      base: bigint,
      inheriting: bigint,
      flags: number,
      result: number,
    ) {
      const create = (open & oflags.create) !== 0;
      const truncate = (open & oflags.truncate) !== 0;
      const needed =
        right.pathOpen | (create ? right.pathCreateFile : 0n) | (truncate ? right.pathFilestatSetSize : 0n);
      const from = handles.directory(fd, needed);
      const parent = handles.get(fd);
      if (open & ~0xf || flags & ~0x1f) throw new Fault("EINVAL");
      const path = memory.path(pointer, length);
      memory.reserve(result, 4);
      const wanted = BigInt.asUintN(64, base);
      // Asking for less than everything is quietly granted in part, but never reading or writing.
      const access = wanted & (right.fdRead | right.fdWrite);
      const directory = (open & oflags.directory) !== 0;
      if ((access & ~parent.inheriting) !== 0n && !directory) throw new Fault("ENOTCAPABLE");
      const opened = kernel.files.open(
        from,
        path,
        follows(lookupFlags),
        {
          read: (access & right.fdRead) !== 0n,
          write: (access & right.fdWrite) !== 0n,
          create,
          exclusive: (open & oflags.exclusive) !== 0,
          truncate,
          directory,
        },
        {
          append: (flags & fdflags.append) !== 0,
          nonblock: (flags & fdflags.nonblock) !== 0,
          sync: (flags & (fdflags.sync | fdflags.dsync | fdflags.rsync)) !== 0,
        },
      );
      const grantable = wanted & parent.inheriting & possible(opened);
      const passedOn = opened.kind === "directory" ? BigInt.asUintN(64, inheriting) & parent.inheriting : 0n;
      memory.setU32(result, handles.add(opened, grantable, passedOn));
    },

    path_filestat_get(fd: number, flags: number, pointer: number, length: number, result: number) {
      const from = handles.directory(fd, right.pathFilestatGet);
      const path = memory.path(pointer, length);
      memory.reserve(result, sizes.filestat);
      memory.setStat(result, kernel.files.stat(from, path, follows(flags)));
    },

    path_filestat_set_times(
      fd: number,
      flags: number,
      pointer: number,
      length: number,
      accessed: bigint,
      modified: bigint,
      times: number,
    ) {
      const from = handles.directory(fd, right.pathFilestatSetTimes);
      const path = memory.path(pointer, length);
      kernel.files.setTimes(from, path, follows(flags), toTimes(kernel, accessed, modified, times));
    },

    path_create_directory(fd: number, pointer: number, length: number) {
      kernel.files.createDirectory(handles.directory(fd, right.pathCreateDirectory), memory.path(pointer, length));
    },

    path_remove_directory(fd: number, pointer: number, length: number) {
      kernel.files.removeDirectory(handles.directory(fd, right.pathRemoveDirectory), memory.path(pointer, length));
    },

    path_unlink_file(fd: number, pointer: number, length: number) {
      kernel.files.unlink(handles.directory(fd, right.pathUnlinkFile), memory.path(pointer, length));
    },

    path_readlink(fd: number, pointer: number, length: number, into: number, intoLength: number, result: number) {
      const from = handles.directory(fd, right.pathReadlink);
      const path = memory.path(pointer, length);
      memory.reserve(result, 4);
      const buffer = memory.bytes(into, intoLength);
      const target = new TextEncoder().encode(kernel.files.readlink(from, path)).subarray(0, buffer.length);
      buffer.set(target);
      memory.setU32(result, target.length);
    },

    path_symlink(target: number, targetLength: number, fd: number, pointer: number, length: number) {
      const from = handles.directory(fd, right.pathSymlink);
      kernel.files.symlink(memory.path(target, targetLength), from, memory.path(pointer, length));
    },

    path_rename(fd: number, pointer: number, length: number, toFd: number, toPointer: number, toLength: number) {
      const from = handles.directory(fd, right.pathRenameSource);
      const to = handles.directory(toFd, right.pathRenameTarget);
      kernel.files.rename(from, memory.path(pointer, length), to, memory.path(toPointer, toLength));
    },

    path_link(
      fd: number,
      flags: number,
      pointer: number,
      length: number,
      toFd: number,
      toPointer: number,
      toLength: number,
    ) {
      const from = handles.directory(fd, right.pathLinkSource);
      const to = handles.directory(toFd, right.pathLinkTarget);
      // Following would link whatever the link leads to; Wasmtime refuses it too.
      if (follows(flags)) throw new Fault("EINVAL");
      kernel.files.link(from, memory.path(pointer, length), to, memory.path(toPointer, toLength));
    },
  };
};
