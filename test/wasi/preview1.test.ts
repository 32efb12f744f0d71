/** Job: preview1 on what needs no host: arguments, clocks, randomness, streams, library, devices, the end. Never: host directories. */
import { mkdtempDisposableSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GuestExit } from "../../packages/host/src/wasi/kernel.ts";
import { right } from "../../packages/host/src/wasi/preview1/rights.ts";
import type { Device } from "../../packages/host/src/wasi/services.ts";
import { Guest, oflag } from "./guest.ts";

const text = (value: string) => new TextEncoder().encode(value);
const library = new Map([
  ["os.py", text("import sys\n")],
  ["json/__init__.py", text("# json\n")],
  ["json/decoder.py", text("# decoder\n")],
  ["abc.py", text("# abc\n")],
]);
const withLibrary = (options = {}) =>
  new Guest({ mounts: [{ kind: "library", guestPath: "/usr/lib/python", files: library }], ...options });

describe("arguments and environment", () => {
  test("are exactly what the configuration names", () => {
    const guest = new Guest({ args: ["prog", "é"], env: [["A", "1"]] });
    expect(guest.call("args_sizes_get", 0, 4)).toBe("OK");
    expect([guest.view.getUint32(0, true), guest.view.getUint32(4, true)]).toEqual([2, 8]);
    expect(guest.call("args_get", 100, 200)).toBe("OK");
    expect([guest.view.getUint32(100, true), guest.view.getUint32(104, true)]).toEqual([200, 205]);
    expect(new TextDecoder().decode(guest.bytes.slice(200, 208))).toBe("prog\0é\0");
    expect(guest.call("environ_sizes_get", 0, 4)).toBe("OK");
    expect(guest.call("environ_get", 100, 200)).toBe("OK");
    expect(new TextDecoder().decode(guest.bytes.slice(200, 204))).toBe("A=1\0");
  });

  test("outside memory are EFAULT, and memory stays as it was", () => {
    const guest = new Guest({ args: ["prog"] });
    expect(guest.call("args_get", -4, 200)).toBe("EFAULT");
    expect(guest.call("args_get", 100, guest.bytes.length - 2)).toBe("EFAULT");
    expect(guest.bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe("clocks", () => {
  const time = (guest: Guest, id: number) => {
    expect(guest.call("clock_time_get", id, 0n, 0)).toBe("OK");
    return guest.view.getBigUint64(0, true);
  };

  test("the wall clock is the host's, the monotonic one begins with the run", () => {
    const guest = new Guest();
    expect(Math.abs(Number(time(guest, 0)) / 1e6 - Date.now())).toBeLessThan(1000);
    const first = time(guest, 1);
    expect(first).toBeLessThan(1_000_000_000n);
    expect(time(guest, 1)).toBeGreaterThanOrEqual(first);
    expect(guest.call("clock_time_get", 4, 0n, 0)).toBe("EINVAL");
    expect(guest.call("clock_res_get", 1, 0)).toBe("OK");
  });

  test("virtual time is the same in every run, moves on by itself and by sleeping", () => {
    const run = () => {
      const guest = new Guest({
        clock: { kind: "virtual", startNs: 1_000_000_000n, monotonicStartNs: 77_000_000_000n },
      });
      const before = [time(guest, 0), time(guest, 1)];
      guest.view.setUint8(1000 + 8, 0);
      guest.view.setUint32(1000 + 16, 1, true);
      guest.view.setBigUint64(1000 + 24, 3_600_000_000_000n, true);
      expect(guest.call("poll_oneoff", 1000, 2000, 1, 3000)).toBe("OK");
      expect(guest.slept).toBe(0);
      return [...before, time(guest, 0), time(guest, 1)];
    };
    const times = run();
    expect(times).toEqual(run());
    expect(times[0]).toBeGreaterThan(1_000_000_000n);
    expect(times[1]).toBeGreaterThan(77_000_000_000n);
    expect(times[3]! - times[1]!).toBeGreaterThanOrEqual(3_600_000_000_000n);
  });
});

describe("randomness", () => {
  test("differs between runs, and is the same for the same seed", () => {
    const bytes = (options = {}) => {
      const guest = new Guest(options);
      expect(guest.call("random_get", 0, 64)).toBe("OK");
      return Buffer.from(guest.bytes.slice(0, 64)).toString("hex");
    };
    expect(bytes()).not.toBe(bytes());
    const seeded = (seed: bigint) => bytes({ random: { kind: "seeded", seed } });
    expect(seeded(1n)).toBe(seeded(1n));
    expect(seeded(1n)).not.toBe(seeded(2n));
  });

  test("does not depend on how it is asked for", () => {
    const guest = new Guest({ random: { kind: "seeded", seed: 5n } });
    guest.call("random_get", 0, 10);
    guest.call("random_get", 10, 54);
    const whole = new Guest({ random: { kind: "seeded", seed: 5n } });
    whole.call("random_get", 0, 64);
    expect(guest.bytes.slice(0, 64)).toEqual(whole.bytes.slice(0, 64));
  });
});

describe("standard streams", () => {
  test("read to the end of input, write to output and error, and cannot seek", () => {
    const guest = new Guest({ stdin: "hello" });
    expect(guest.read(0, 3)).toEqual({ errno: "OK", value: "hel" });
    expect(guest.read(0)).toEqual({ errno: "OK", value: "lo" });
    expect(guest.read(0)).toEqual({ errno: "OK", value: "" });
    expect(guest.write(1, "out")).toEqual({ errno: "OK", value: 3 });
    expect(guest.write(2, "err")).toEqual({ errno: "OK", value: 3 });
    expect([guest.stdout, guest.stderr]).toEqual(["out", "err"]);
    expect(guest.seek(1, 0n, 0).errno).toBe("ESPIPE");
    expect(guest.write(0, "x").errno).toBe("ENOTCAPABLE");
    expect(guest.read(1).errno).toBe("ENOTCAPABLE");
    expect(guest.fdstat(1).value?.type).toBe(0);
  });

  test("a gathered write is one piece of output", () => {
    const pieces: string[] = [];
    const guest = new Guest({
      services: { output: (_, bytes) => void pieces.push(new TextDecoder().decode(bytes)) },
    });
    guest.text("ab", 5000);
    guest.text("cd", 6000);
    for (const [i, value] of [5000, 2, 6000, 2].entries()) guest.view.setUint32(100 + i * 4, value, true);
    expect(guest.call("fd_write", 1, 100, 2, 200)).toBe("OK");
    expect(pieces).toEqual(["abcd"]);
  });

  test("output ends at its quota, with one denial", () => {
    const guest = new Guest({ quotas: { outputBytes: 5 } });
    expect(guest.write(1, "123")).toEqual({ errno: "OK", value: 3 });
    expect(guest.write(2, "456")).toEqual({ errno: "OK", value: 2 });
    expect(guest.write(1, "7").errno).toBe("EDQUOT");
    expect(guest.write(1, "7").errno).toBe("EDQUOT");
    expect(guest.stdout + guest.stderr).toBe("12345");
    expect(guest.denials).toHaveLength(1);
    expect(guest.denials[0]).toMatchObject({ kind: "quota", reason: "the limit is 5" });
  });
});

describe("library", () => {
  test("is reached through one preopened root, with the synthetic way to it", () => {
    const guest = withLibrary();
    expect(guest.call("fd_prestat_get", 3, 0)).toBe("OK");
    expect(guest.view.getUint32(4, true)).toBe(1);
    expect(guest.call("fd_prestat_dir_name", 3, 100, 1)).toBe("OK");
    expect(guest.bytes[100]).toBe("/".charCodeAt(0));
    expect(guest.call("fd_prestat_get", 4, 0)).toBe("EBADF");
    expect(guest.names("/".slice(1) || ".")).toEqual(["usr"]);
    expect(guest.names("usr/lib")).toEqual(["python"]);
    expect(guest.names("usr/lib/python")).toEqual(["abc.py", "json", "os.py"]);
    const file = guest.open("usr/lib/python/json/decoder.py");
    expect(guest.read(file.value!)).toEqual({ errno: "OK", value: "# decoder\n" });
    expect(guest.pread(file.value!, 2n, 3)).toEqual({ errno: "OK", value: "dec" });
    expect(guest.seek(file.value!, -3n, 2)).toEqual({ errno: "OK", value: 7n });
    expect(guest.read(file.value!)).toEqual({ errno: "OK", value: "er\n" });
    expect(guest.stat("usr/lib/python/../python/./os.py").value?.size).toBe(11n);
  });

  test("has the same inodes and times whatever the order of the map", () => {
    const stats = (files: Map<string, Uint8Array>) => {
      const guest = new Guest({ mounts: [{ kind: "library", guestPath: "/lib", files }] });
      return ["lib", "lib/os.py", "lib/json", "lib/json/decoder.py"].map((path) => guest.stat(path).value);
    };
    expect(stats(library)).toEqual(stats(new Map([...library].reverse())));
    expect(new Set(stats(library).map((stat) => stat?.inode)).size).toBe(4);
  });

  test("has a large file of the host's where it is, as long as it is what it was", () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), "capsule-library-"));
    const hostPath = join(folder.path, "lib.zip");
    writeFileSync(hostPath, "0123456789");
    const { size, mtimeMs: modifiedMs } = statSync(hostPath);
    const files = new Map([["lib.zip", { hostPath, size, modifiedMs }]]);
    const guest = new Guest({ mounts: [{ kind: "library", guestPath: "/lib", files }] });
    const file = guest.open("lib/lib.zip").value!;
    expect(guest.pread(file, 4n, 3)).toEqual({ errno: "OK", value: "456" });
    expect(guest.pread(file, 8n, 9)).toEqual({ errno: "OK", value: "89" });
    expect(guest.stat("lib/lib.zip").value).toMatchObject({ size: 10n });
    expect(guest.write(file, "x").errno).toBe("ENOTCAPABLE");
    expect(guest.open("lib/lib.zip", { base: right.fdWrite }).errno).toBe("EACCES");
    writeFileSync(hostPath, "another");
    expect(guest.open("lib/lib.zip").errno).toBe("EIO");
    unlinkSync(hostPath);
    expect(guest.open("lib/lib.zip").errno).toBe("ENOENT");
  });

  test("refuses every change, as a denial", () => {
    const guest = withLibrary();
    expect(guest.open("usr/lib/python/os.py", { base: right.fdWrite }).errno).toBe("EACCES");
    expect(guest.open("usr/lib/python/os.py", { oflags: oflag.truncate }).errno).toBe("EACCES");
    expect(guest.open("usr/lib/python/new.py", { oflags: oflag.create }).errno).toBe("EACCES");
    expect(guest.mkdir("usr/lib/python/new")).toBe("EACCES");
    expect(guest.unlink("usr/lib/python/os.py")).toBe("EACCES");
    expect(guest.rmdir("usr/lib/python/json")).toBe("EACCES");
    expect(guest.rename("usr/lib/python/os.py", "usr/lib/python/x.py")).toBe("EACCES");
    expect(guest.link("usr/lib/python/os.py", "usr/lib/python/x.py")).toBe("EACCES");
    expect(guest.symlink("os.py", "usr/lib/python/x.py")).toBe("EACCES");
    expect(guest.setTimes("usr/lib/python/os.py", 0n, 0n, 5)).toBe("EACCES");
    expect(guest.denials.map((denial) => denial.what)).toContain("/usr/lib/python/new.py");
    expect(guest.read(guest.open("usr/lib/python/os.py").value!).value).toBe("import sys\n");
  });

  test("a handle opened for reading does not write", () => {
    const guest = withLibrary();
    const file = guest.open("usr/lib/python/os.py").value!;
    expect(guest.write(file, "x").errno).toBe("ENOTCAPABLE");
    expect(guest.call("fd_filestat_set_size", file, 0n)).toBe("ENOTCAPABLE");
    expect(guest.call("fd_filestat_set_times", file, 0n, 0n, 5)).toBe("ENOTCAPABLE");
  });
});

describe("places outside every mount", () => {
  test("do not exist for who looks, and are denied to who opens or changes", () => {
    const guest = withLibrary();
    expect(guest.stat("etc/passwd").errno).toBe("ENOENT");
    expect(guest.stat("etc").errno).toBe("ENOENT");
    expect(guest.denials).toEqual([]);
    expect(guest.open("etc/passwd").errno).toBe("EACCES");
    expect(guest.mkdir("out")).toBe("EACCES");
    expect(guest.denials.map(({ what, reason }) => [what, reason])).toEqual([
      ["/etc/passwd", "no grant covers it"],
      ["/out", "no grant covers it"],
    ]);
    expect(guest.rmdir("usr")).toBe("EBUSY");
    expect(guest.mkdir("usr")).toBe("EEXIST");
  });

  test("a flood of denials is cut off", () => {
    const guest = new Guest();
    for (let i = 0; i < 1000; i += 1) guest.open(`nothing${i}`);
    expect(guest.denials).toHaveLength(101);
  });
});

describe("devices", () => {
  test("take what is written and give what the host says", () => {
    const written: string[] = [];
    const device: Device = {
      write: (bytes) => void written.push(new TextDecoder().decode(bytes)),
      read: (max) => text("answer").subarray(0, max),
    };
    const guest = new Guest({ services: { devices: new Map([["/dev/capsule", device]]) } });
    const fd = guest.open("dev/capsule", { base: right.fdRead | right.fdWrite }).value!;
    expect(guest.write(fd, "question")).toEqual({ errno: "OK", value: 8 });
    expect(guest.read(fd, 3)).toEqual({ errno: "OK", value: "ans" });
    expect(written).toEqual(["question"]);
    expect(guest.stat("dev/capsule").value?.type).toBe(2);
    expect(guest.seek(fd, 0n, 0).errno).not.toBe("OK");
    expect(guest.names("dev")).toEqual(["capsule"]);
  });

  test("a device that fails ends the guest", () => {
    const device: Device = {
      write: () => {
        throw new Error("host trouble");
      },
      read: () => new Uint8Array(0),
    };
    const guest = new Guest({ services: { devices: new Map([["/dev/capsule", device]]) } });
    const fd = guest.open("dev/capsule", { base: right.fdWrite }).value!;
    expect(() => guest.write(fd, "x")).toThrow("host trouble");
    expect(guest.exhausted).toBe(1);
    expect(() => guest.stat(".")).toThrow(GuestExit);
  });
});

describe("the end", () => {
  test("proc_exit empties the counter, throws, and closes every later call", () => {
    const guest = new Guest();
    expect(() => guest.call("proc_exit", 7)).toThrow(GuestExit);
    expect(guest.exhausted).toBe(1);
    expect(guest.kernel.ended).toEqual({ code: 7 });
    for (const name of Object.keys(guest.calls))
      expect(() => guest.calls[name]!(0, 0, 0, 0, 0, 0, 0, 0, 0)).toThrow(GuestExit);
    expect(guest.exhausted).toBe(1);
    expect(guest.kernel.ended).toEqual({ code: 7 });
  });
});

test("every function of the snapshot is there, and nothing else", () => {
  expect(Object.keys(new Guest().calls).sort()).toEqual(
    `args_get args_sizes_get clock_res_get clock_time_get environ_get environ_sizes_get fd_advise fd_allocate fd_close
    fd_datasync fd_fdstat_get fd_fdstat_set_flags fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size
    fd_filestat_set_times fd_pread fd_prestat_dir_name fd_prestat_get fd_pwrite fd_read fd_readdir fd_renumber fd_seek
    fd_sync fd_tell fd_write path_create_directory path_filestat_get path_filestat_set_times path_link path_open
    path_readlink path_remove_directory path_rename path_symlink path_unlink_file poll_oneoff proc_exit proc_raise
    random_get sched_yield sock_accept sock_recv sock_send sock_shutdown`.split(/\s+/),
  );
});
