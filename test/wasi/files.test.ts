/**
 * Job: what files do, the same on a host directory and in memory: the behaviours that the official suite asks for (which is
 * not always at hand), and what it does not ask.
 * Never: attacks (see attacks.test.ts).
 */
import { describe, expect, test } from "vitest";
import { right } from "../../packages/host/src/wasi/preview1/rights.ts";
import { allRights, fdflag, oflag } from "./guest.ts";
import { get, guestOn, put } from "./volumes.ts";

describe.each(["directory", "temporary"] as const)("on a %s mount", (kind) => {
  describe("opening", () => {
    test("a missing file is ENOENT, a created one begins empty", () => {
      const guest = guestOn(kind);
      expect(guest.open("file").errno).toBe("ENOENT");
      put(guest, "file");
      expect(guest.stat("file").value).toMatchObject({ type: 4, size: 0n, links: 1n });
    });

    test("create with exclusive refuses what exists", () => {
      const guest = guestOn(kind);
      put(guest, "file", "text");
      guest.symlink("nowhere", "dangling");
      for (const path of ["file", "dangling", "."])
        expect(guest.open(path, { oflags: oflag.create | oflag.exclusive }).errno).toBe("EEXIST");
      expect(get(guest, "file")).toBe("text");
    });

    test("opening does not make directories", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      expect(guest.open("new", { oflags: oflag.create | oflag.directory }).errno).toBe("ENOENT");
      expect(guest.open("dir", { oflags: oflag.create | oflag.directory, base: 0n }).errno).toBe("OK");
      const all = oflag.create | oflag.directory | oflag.exclusive;
      expect(guest.open("dir", { oflags: all, base: 0n }).errno).toBe("EEXIST");
      expect(guest.open("new", { oflags: all, base: 0n }).errno).toBe("ENOENT");
    });

    test("create goes through a dangling link", () => {
      const guest = guestOn(kind);
      guest.symlink("target", "link");
      expect(guest.open("link", { oflags: oflag.create, lookup: 0 }).errno).toBe("ELOOP");
      put(guest, "link", "through");
      expect(get(guest, "target")).toBe("through");
    });

    test("truncate empties, and needs neither reading nor writing", () => {
      const guest = guestOn(kind);
      put(guest, "file", "text");
      const fd = guest.open("file", { oflags: oflag.truncate, base: 0n });
      expect(fd.errno).toBe("OK");
      expect(guest.stat("file").value?.size).toBe(0n);
    });

    test("a directory opens for listing, not for writing; a file does not open as a directory", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      put(guest, "file");
      expect(guest.openDirectory("dir").errno).toBe("OK");
      expect(guest.open("dir", { base: right.fdWrite }).errno).toBe("EISDIR");
      expect(guest.open("dir", { oflags: oflag.directory, base: right.fdRead | right.fdWrite }).errno).toBe("EISDIR");
      expect(guest.open("dir", { oflags: oflag.truncate }).errno).toBe("EISDIR");
      expect(guest.openDirectory("file").errno).toBe("ENOTDIR");
      expect(guest.open("file/below").errno).toBe("ENOTDIR");
      expect(guest.openAll("below", {}, guest.open("file").value!).errno).toBe("ENOTDIR");
    });

    test("trailing slashes mean a directory", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      put(guest, "file");
      expect(guest.open("dir///", { base: 0n }).errno).toBe("OK");
      expect(guest.open("file/", { base: 0n }).errno).toBe("ENOTDIR");
      expect(guest.stat("file/").errno).toBe("ENOTDIR");
      expect(guest.open("new/", { oflags: oflag.create }).errno).toBe("ENOENT");
      expect(guest.mkdir("made/")).toBe("OK");
      expect(guest.unlink("file/")).toBe("ENOTDIR");
      expect(guest.unlink("dir/")).toBe("EISDIR");
      expect(guest.rmdir("file/")).toBe("ENOTDIR");
      expect(guest.rmdir("dir/")).toBe("OK");
      expect(guest.symlink("x", "link/")).toBe("ENOENT");
      expect(guest.link("file", "link/")).toBe("ENOENT");
      expect(guest.rename("file", "other/")).toBe("ENOTDIR");
      expect(guest.rename("made/", "moved/")).toBe("OK");
    });

    test("dots and slashes on the way change nothing", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      guest.mkdir("dir/nested");
      put(guest, "dir/nested/file", "here");
      expect(get(guest, "dir/.//nested/../../dir/nested/../nested///./file")).toBe("here");
      expect(guest.stat("dir/nested/file/..").errno).toBe("ENOTDIR");
      expect(guest.stat("dir/nested/..").value?.inode).toBe(guest.stat("dir").value?.inode);
    });

    test("the empty path, an absolute one and one with NUL are refused", () => {
      const guest = guestOn(kind);
      expect(guest.open("").errno).toBe("ENOENT");
      expect(guest.open("/file").errno).toBe("EPERM");
      expect(guest.open("file\0").errno).toBe("EINVAL");
      expect(guest.open(new Uint8Array([0x66, 0xff])).errno).toBe("EILSEQ");
      expect(guest.open("n".repeat(256)).errno).toBe("ENAMETOOLONG");
      expect(guest.open("é".repeat(128)).errno).toBe("ENAMETOOLONG");
      expect(guest.open("é".repeat(127)).errno).toBe("ENOENT");
      expect(guest.open("d/".repeat(3000)).errno).toBe("ENAMETOOLONG");
    });

    test("names are kept byte for byte", () => {
      const guest = guestOn(kind);
      const names = ["ünï", "a\nb", "\u{1f600}", "\uFEFFbom", "\uFFFD", " ", "-rf", "e\u0301", "\u00e9"];
      for (const name of names) put(guest, name, name.slice(0, 1) === "\n" ? "" : "x");
      expect(guest.names(".")).toEqual([...names].sort());
      for (const name of names) expect(guest.stat(name).errno).toBe("OK");
    });
  });

  describe("reading and writing", () => {
    test("move a position, pread and pwrite do not", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      expect(guest.write(fd, "0123456789").value).toBe(10);
      expect(guest.pread(fd, 4n, 3).value).toBe("456");
      expect(guest.pwrite(fd, 2n, "ab").value).toBe(2);
      expect(guest.seek(fd, 0n, 1).value).toBe(10n);
      expect(guest.seek(fd, 1n, 0).value).toBe(1n);
      expect(guest.read(fd, 4).value).toBe("1ab4");
      expect(guest.seek(fd, -2n, 2).value).toBe(8n);
      expect(guest.read(fd).value).toBe("89");
      expect(guest.read(fd).value).toBe("");
      expect(guest.seek(fd, -100n, 1).errno).toBe("EINVAL");
      expect(guest.seek(fd, 0n, 3 as 0).errno).toBe("EINVAL");
      expect(guest.seek(fd, 1000n, 0).value).toBe(1000n);
      expect(guest.read(fd).value).toBe("");
    });

    test("writing beyond the end leaves zeros", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      guest.pwrite(fd, 4n, "x");
      expect(guest.pread(fd, 0n).value).toBe("\0\0\0\0x");
      expect(guest.fstat(fd).value?.size).toBe(5n);
    });

    test("appending goes to the end wherever the position is, until the flag is cleared", () => {
      const guest = guestOn(kind);
      put(guest, "file", "one");
      const fd = guest.openAll("file", { fdflags: fdflag.append }).value!;
      guest.seek(fd, 0n, 0);
      guest.write(fd, "two");
      expect(guest.seek(fd, 0n, 1).value).toBe(6n);
      const other = guest.openAll("file", { fdflags: fdflag.append }).value!;
      guest.write(other, "three");
      guest.write(fd, "four");
      expect(get(guest, "file")).toBe("onetwothreefour");
      expect(guest.fdstat(fd).value?.flags).toBe(fdflag.append);
      expect(guest.call("fd_fdstat_set_flags", fd, 0)).toBe("OK");
      guest.seek(fd, 0n, 0);
      guest.write(fd, "ONE");
      expect(get(guest, "file")).toBe("ONEtwothreefour");
    });

    test("several buffers are one stretch", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      guest.text("abcdef", 8000);
      for (const [i, value] of [8000, 2, 9999, 0, 8002, 4].entries()) guest.view.setUint32(100 + 4 * i, value, true);
      expect(guest.call("fd_write", fd, 100, 3, 200)).toBe("OK");
      expect(guest.view.getUint32(200, true)).toBe(6);
      for (const [i, value] of [7000, 4, 7100, 100].entries()) guest.view.setUint32(100 + 4 * i, value, true);
      expect(guest.call("fd_pread", fd, 100, 2, 1n, 200)).toBe("OK");
      expect(guest.view.getUint32(200, true)).toBe(5);
      expect(Buffer.from(guest.bytes.slice(7000, 7004)).toString()).toBe("bcde");
      expect(guest.bytes[7100]).toBe("f".charCodeAt(0));
    });

    test("what one handle writes, another reads at once", () => {
      const guest = guestOn(kind);
      const writer = guest.openAll("file", { oflags: oflag.create }).value!;
      const reader = guest.open("file").value!;
      guest.write(writer, "x");
      expect(guest.read(reader).value).toBe("x");
      expect(guest.write(reader, "y").errno).toBe("ENOTCAPABLE");
      const writeOnly = guest.open("file", { base: right.fdWrite }).value!;
      expect(guest.read(writeOnly).errno).toBe("ENOTCAPABLE");
    });

    test("set_size cuts and extends with zeros", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      guest.write(fd, "abcdef");
      expect(guest.call("fd_filestat_set_size", fd, 2n)).toBe("OK");
      expect(guest.call("fd_filestat_set_size", fd, 4n)).toBe("OK");
      expect(guest.pread(fd, 0n).value).toBe("ab\0\0");
      expect(guest.call("fd_allocate", fd, 0n, 100n)).toBe("ENOTSUP");
      expect(guest.call("fd_advise", fd, 0n, 10n, 3)).toBe("OK");
      expect(guest.call("fd_advise", fd, 0n, 10n, 9)).toBe("EINVAL");
      for (const sync of ["fd_sync", "fd_datasync"]) expect(guest.call(sync, fd)).toBe("OK");
    });

    test("a directory is neither read nor written nor sought", () => {
      const guest = guestOn(kind);
      for (const code of [
        guest.read(3).errno,
        guest.write(3, "x").errno,
        guest.pread(3, 0n).errno,
        guest.pwrite(3, 0n, "x").errno,
        guest.seek(3, 0n, 0).errno,
        guest.call("fd_tell", 3, 0),
        guest.call("fd_allocate", 3, 0n, 1n),
        guest.call("fd_filestat_set_size", 3, 0n),
      ])
        expect(code).toBe("EISDIR");
    });

    test("an unlinked file lives as long as a handle has it", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      guest.write(fd, "still");
      expect(guest.unlink("file")).toBe("OK");
      expect(guest.open("file").errno).toBe("ENOENT");
      expect(guest.pread(fd, 0n).value).toBe("still");
      expect(guest.fstat(fd).value?.links).toBe(0n);
      expect(guest.close(fd)).toBe("OK");
    });
  });

  describe("directories", () => {
    test("list themselves with cookies, however small the buffer", () => {
      const guest = guestOn(kind);
      for (let i = 0; i < 100; i += 1) put(guest, `file.${i}`);
      const fd = guest.openDirectory(".").value!;
      for (const size of [64, 100, 256, 8192]) {
        const entries = guest.readdir(fd, size).value!;
        expect(entries).toHaveLength(102);
        expect(entries.slice(0, 2).map(({ name }) => name)).toEqual([".", ".."]);
        expect(new Set(entries.map(({ name }) => name)).size).toBe(102);
        expect(entries.find(({ name }) => name === "file.7")).toMatchObject({
          type: 4,
          inode: guest.stat("file.7").value?.inode,
        });
      }
    });

    test("a listing under way is not disturbed by removals", () => {
      const guest = guestOn(kind);
      for (let i = 0; i < 20; i += 1) put(guest, `file.${i}`);
      const fd = guest.openDirectory(".").value!;
      const seen = new Set<string>();
      for (let cookie = 0n; ; ) {
        const part = guest.readdirOnce(fd, cookie, 128).value!;
        for (const { name } of part.entries) {
          if (seen.has(name)) throw new Error(`${name} came twice`);
          seen.add(name);
          if (name.startsWith("file")) guest.unlink(name);
        }
        if (part.used < 128) break;
        cookie = part.entries.at(-1)!.next;
      }
      expect(seen.size).toBe(22);
      expect(guest.names(".")).toEqual([]);
    });

    test("a cookie from nowhere lists nothing or something, but never fails", () => {
      const guest = guestOn(kind);
      put(guest, "file");
      const fd = guest.openDirectory(".").value!;
      expect(guest.readdirOnce(fd, 2n).value?.entries.map(({ name }) => name)).toEqual(["file"]);
      for (const cookie of [3n, 4n, 1000n, (1n << 63n) - 1n, -1n])
        expect(guest.readdirOnce(fd, cookie).value?.entries).toEqual([]);
    });

    test("are made once, and removed when empty", () => {
      const guest = guestOn(kind);
      expect(guest.mkdir("dir")).toBe("OK");
      expect(guest.mkdir("dir")).toBe("EEXIST");
      expect(guest.mkdir(".")).toBe("EEXIST");
      expect(guest.mkdir("none/dir")).toBe("ENOENT");
      put(guest, "dir/file");
      expect(guest.rmdir("dir")).toBe("ENOTEMPTY");
      expect(guest.unlink("dir")).toBe("EISDIR");
      expect(guest.rmdir("dir/file")).toBe("ENOTDIR");
      guest.unlink("dir/file");
      expect(guest.rmdir("dir")).toBe("OK");
      expect(guest.rmdir("dir")).toBe("ENOENT");
      expect(guest.rmdir(".")).toBe("EINVAL");
    });

    test("trying in vain costs nothing of the quota for new names", () => {
      const guest = guestOn(kind, { quotas: { directoryEntries: 3 } });
      expect(guest.mkdir("dir")).toBe("OK");
      for (let i = 0; i < 10; i += 1) expect(guest.mkdir("dir")).toBe("EEXIST");
      for (let i = 0; i < 10; i += 1) put(guest, "file");
      expect(guest.symlink("file", "link")).toBe("OK");
      expect(guest.mkdir("more")).toBe("EDQUOT");
      expect(guest.denials).toHaveLength(1);
    });

    test("one that was removed while open takes nothing new", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      const fd = guest.openDirectory("dir").value!;
      guest.rmdir("dir");
      expect(guest.openAll("file", { oflags: oflag.create }, fd).errno).toBe("ENOENT");
      expect(guest.mkdir("sub", fd)).toBe("ENOENT");
    });
  });

  describe("links", () => {
    test("symbolic ones are followed when asked, and at the end of a path only then", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      put(guest, "dir/file", "text");
      expect(guest.symlink("dir", "link")).toBe("OK");
      expect(guest.symlink("dir/file", "filelink")).toBe("OK");
      expect(guest.readlink("link").value).toBe("dir");
      expect(guest.readlink("filelink", 4).value).toBe("dir/");
      expect(guest.readlink("dir").errno).toBe("EINVAL");
      expect(get(guest, "link/file")).toBe("text");
      expect(guest.open("filelink", { lookup: 0 }).errno).toBe("ELOOP");
      expect(guest.stat("link").value?.type).toBe(3);
      expect(guest.stat("link", false).value?.type).toBe(7);
      expect(guest.stat("link/", false).value?.type).toBe(3);
      expect(guest.rmdir("link")).toBe("ENOTDIR");
      expect(guest.unlink("link")).toBe("OK");
      expect(guest.stat("dir").errno).toBe("OK");
    });

    test("forty in a row are followed, more are a loop", () => {
      const guest = guestOn(kind);
      put(guest, "l0", "end");
      for (let i = 1; i <= 41; i += 1) guest.symlink(`l${i - 1}`, `l${i}`);
      expect(get(guest, "l40")).toBe("end");
      expect(get(guest, "l41")).toBe("ELOOP");
      guest.symlink("self", "self");
      expect(get(guest, "self")).toBe("ELOOP");
      expect(guest.stat("self/below").errno).toBe("ELOOP");
    });

    test("hard ones are one file with two names", () => {
      const guest = guestOn(kind);
      put(guest, "file", "text");
      guest.mkdir("dir");
      expect(guest.link("file", "dir/link")).toBe("OK");
      expect(guest.stat("dir/link").value).toMatchObject({ inode: guest.stat("file").value!.inode, links: 2n });
      guest.unlink("file");
      expect(get(guest, "dir/link")).toBe("text");
      expect(guest.stat("dir/link").value?.links).toBe(1n);
      expect(guest.link("dir", "dirlink")).toBe("EPERM");
      expect(guest.link("dir/link", "dir")).toBe("EEXIST");
      expect(guest.link("dir/link", "x", 3, 3, 1)).toBe("EINVAL");
      guest.symlink("nowhere", "dangling");
      expect(guest.link("dangling", "dangling2")).toBe("OK");
      expect(guest.readlink("dangling2").value).toBe("nowhere");
    });
  });

  test("renaming replaces as rename(2) does", () => {
    const guest = guestOn(kind);
    put(guest, "a", "A");
    put(guest, "b", "B");
    guest.mkdir("empty");
    guest.mkdir("full");
    put(guest, "full/file");
    expect(guest.rename("a", "b")).toBe("OK");
    expect(get(guest, "b")).toBe("A");
    expect(guest.rename("b", "empty")).toBe("EISDIR");
    expect(guest.rename("full", "b")).toBe("ENOTDIR");
    expect(guest.rename("empty", "full")).toBe("ENOTEMPTY");
    expect(guest.rename("full", "full/below")).toBe("EINVAL");
    expect(guest.rename("full/file", "full")).toBe("ENOTEMPTY");
    expect(guest.rename("full", "empty")).toBe("OK");
    expect(guest.names("empty")).toEqual(["file"]);
    expect(guest.rename("nothing", "x")).toBe("ENOENT");
    expect(guest.rename(".", "x")).toBe("EBUSY");
    expect(guest.rename("b", "b")).toBe("OK");
    expect(guest.names(".")).toEqual(["b", "empty"]);
  });

  test("times are set to the nanosecond, one or both, on links or through them", () => {
    const guest = guestOn(kind);
    put(guest, "file");
    guest.symlink("file", "link");
    const [a, m] = [1_600_000_000_123_456_789n, 1_700_000_000_987_654_321n];
    expect(guest.setTimes("file", a, m, 1 | 4)).toBe("OK");
    expect(guest.stat("file").value).toMatchObject({ atim: a, mtim: m });
    expect(guest.setTimes("file", 0n, m + 1n, 4)).toBe("OK");
    expect(guest.stat("file").value).toMatchObject({ atim: a, mtim: m + 1n });
    expect(guest.setTimes("link", a, a, 1 | 4, false)).toBe("OK");
    expect(guest.stat("link", false).value?.mtim).toBe(a);
    expect(guest.stat("file").value?.mtim).toBe(m + 1n);
    expect(guest.setTimes("link", a, a, 1 | 4)).toBe("OK");
    expect(guest.stat("file").value?.mtim).toBe(a);
    expect(guest.setTimes("file", 0n, 0n, 2 | 8)).toBe("OK");
    expect(Math.abs(Number(guest.stat("file").value!.mtim) / 1e6 - Date.now())).toBeLessThan(60_000);
    expect(guest.setTimes("file", 0n, 0n, 1 | 2)).toBe("EINVAL");
    const fd = guest.openAll("file").value!;
    expect(guest.call("fd_filestat_set_times", fd, a, m, 1 | 4)).toBe("OK");
    expect(guest.fstat(fd).value).toMatchObject({ atim: a, mtim: m });
    expect(guest.call("fd_filestat_set_times", fd, 0n, 0n, 4 | 8)).toBe("EINVAL");
  });

  describe("handles", () => {
    test("take the lowest free number", () => {
      const guest = guestOn(kind);
      const fds = ["a", "b", "c"].map((name) => guest.openAll(name, { oflags: oflag.create }).value!);
      expect(fds).toEqual([4, 5, 6]);
      guest.close(5);
      guest.close(4);
      expect(guest.open("a").value).toBe(4);
      expect(guest.open("a").value).toBe(5);
      expect(guest.open("a").value).toBe(7);
      expect(guest.close(5)).toBe("OK");
      expect(guest.close(5)).toBe("EBADF");
      expect(guest.close(-1)).toBe("EBADF");
    });

    test("are renumbered onto open ones only", () => {
      const guest = guestOn(kind);
      put(guest, "a", "A");
      put(guest, "b", "B");
      const [a, b] = [guest.open("a").value!, guest.open("b").value!];
      expect(guest.call("fd_renumber", a, b)).toBe("OK");
      expect(guest.read(b).value).toBe("A");
      expect(guest.close(a)).toBe("EBADF");
      expect(guest.call("fd_renumber", b, a)).toBe("EBADF");
      expect(guest.call("fd_renumber", b, b)).toBe("OK");
      expect(guest.call("fd_renumber", b, 3)).toBe("OK");
      expect(guest.call("fd_prestat_get", 3, 0)).toBe("EBADF");
    });

    test("pass on no more rights than their directory may pass on", () => {
      const guest = guestOn(kind);
      guest.mkdir("dir");
      put(guest, "dir/file", "x");
      const dir = guest.openDirectory("dir", { inheriting: right.fdRead | right.fdFilestatGet }).value!;
      const fd = guest.open("file", { base: right.fdRead | right.fdSeek }, dir).value!;
      expect(guest.fdstat(fd).value).toMatchObject({ base: right.fdRead, inheriting: 0n });
      expect(guest.seek(fd, 0n, 0).errno).toBe("ENOTCAPABLE");
      expect(guest.open("file", { base: right.fdWrite }, dir).errno).toBe("ENOTCAPABLE");
      const looking = guest.openDirectory("dir", { base: right.pathOpen }).value!;
      expect(guest.mkdir("x", looking)).toBe("ENOTCAPABLE");
      expect(guest.unlink("file", looking)).toBe("ENOTCAPABLE");
      expect(guest.open("y", { oflags: oflag.create }, looking).errno).toBe("ENOTCAPABLE");
      expect(guest.open("file", { oflags: oflag.truncate }, looking).errno).toBe("ENOTCAPABLE");
    });

    test("give rights up for good", () => {
      const guest = guestOn(kind);
      const fd = guest.openAll("file", { oflags: oflag.create }).value!;
      const { base } = guest.fdstat(fd).value!;
      expect(guest.call("fd_fdstat_set_rights", fd, base & ~right.fdWrite, 0n)).toBe("OK");
      expect(guest.write(fd, "x").errno).toBe("ENOTCAPABLE");
      expect(guest.call("fd_fdstat_set_rights", fd, base, 0n)).toBe("ENOTCAPABLE");
      expect(guest.call("fd_fdstat_set_rights", 3, 0n, allRights | (1n << 40n))).toBe("ENOTCAPABLE");
    });
  });
});
