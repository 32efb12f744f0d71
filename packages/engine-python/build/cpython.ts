/** Job: CPython's own build, twice: a native interpreter of the same version, then python.wasm with it. Never: fetch. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { target } from "./libraries.ts";
import { python } from "./sources.ts";
import { run, type Workspace } from "./steps.ts";

const jobs = `-j${availableParallelism()}`;

export async function unpack(workspace: Workspace, archive: string): Promise<string> {
  const folder = join(workspace.folder, "source");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(workspace, "unpack", "tar", ["xf", archive, "--strip-components=1", "-C", folder]);
  return folder;
}

/** An interpreter of exactly this version: the machine's, else one built from the same source. Byte code and frozen modules depend on it. */
export async function nativePython(workspace: Workspace, source: string): Promise<string> {
  const folder = join(workspace.folder, "native");
  const built = join(folder, "python");
  for (const candidate of ["python3.13", built]) {
    try {
      const version = execFileSync(candidate, ["-c", "import sys, zlib, json; print(sys.version.split()[0])"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (version.trim() === python.version) return candidate;
    } catch {
      // Not there, or not whole: the next one.
    }
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await run(
    workspace,
    "native-configure",
    join(source, "configure"),
    ["-C", "--disable-test-modules", "--with-ensurepip=no"],
    { cwd: folder, env: { CFLAGS: "-O1 -w" } },
  );
  await run(workspace, "native-make", "make", [jobs, "all"], { cwd: folder });
  return built;
}

/** What configure must not find: wasi-libc declares it and has no working implementation. */
const absent = [
  "lib_pthread_pthread_create",
  "lib_pthread___pthread_create_system",
  "header_pthread_h",
  "func_pthread_create",
  "func_pthread_detach",
  "lib_c_r_pthread_create",
  "lib_pthreads_pthread_create",
  "lib_cma_pthread_create",
  "func_pthread_condattr_setclock",
  "func_pthread_kill",
  "func_pthread_sigmask",
  "func_pthread_getname_np",
  "func_pthread_setname_np",
  "header_libintl_h",
  "header_sys_epoll_h",
  "header_sys_timerfd_h",
  "header_sys_eventfd_h",
  "header_sys_sendfile_h",
  "header_sys_xattr_h",
  "header_sys_inotify_h",
  "header_net_if_h",
  "func_setgroups",
  "func_epoll_create",
  "func_epoll_create1",
  "func_timerfd_create",
  "func_eventfd",
  "func_mmap",
];

/** wasi-libc's pthread functions answer ENOTSUP, so CPython's stubs take their place, under names of their own. */
const pthreadStubs = [
  "attr_destroy",
  "attr_init",
  "attr_setstacksize",
  "cond_destroy",
  "cond_init",
  "cond_signal",
  "cond_timedwait",
  "cond_wait",
  "condattr_init",
  "condattr_setclock",
  "create",
  "detach",
  "exit",
  "getspecific",
  "key_create",
  "key_delete",
  "mutex_destroy",
  "mutex_init",
  "mutex_lock",
  "mutex_trylock",
  "mutex_unlock",
  "self",
  "setspecific",
];

/** The look-ups that _socket links against; there are no sockets. */
const netdbStubs = `#include <stddef.h>
static int host_errno;
int *__h_errno_location(void) { return &host_errno; }
void *gethostbyaddr(const void *address, unsigned length, int type) { return 0; }
void *gethostbyname(const char *name) { return 0; }
void *getprotobyname(const char *name) { return 0; }
void *getservbyname(const char *name, const char *protocol) { return 0; }
void *getservbyport(int port, const char *protocol) { return 0; }
const char *hstrerror(int error) { return "unsupported"; }
`;

/** The C stack: CPython's recursion limits need 3 MB of it; an image carries only what was touched. */
const stackBytes = 4 * 1024 * 1024;
const initialMemoryBytes = 12 * 1024 * 1024;

export interface Built {
  readonly wasm: string;
  readonly buildFolder: string;
}

export async function buildWasm(
  workspace: Workspace,
  parts: { readonly source: string; readonly zig: string; readonly native: string; readonly libraries: string },
): Promise<Built> {
  const { source, zig, native, libraries } = parts;
  const folder = join(workspace.folder, "wasm");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const configure = join(source, "configure-wasi");
  const original = readFileSync(join(source, "configure"), "utf8");
  const edited = original
    .replace(/^( *)posix_threads=yes$/m, "$1posix_threads=stub")
    .replaceAll("-Wl,--stack-first", "")
    .replace("-z stack-size=8388608", `-z stack-size=${stackBytes}`)
    .replace("-Wl,--initial-memory=20971520", `-Wl,--initial-memory=${initialMemoryBytes}`);
  writeFileSync(configure, edited, { mode: 0o755 });

  const renames = join(folder, "pthread-names.h");
  writeFileSync(renames, pthreadStubs.map((name) => `#define pthread_${name} capsule_stub_pthread_${name}\n`).join(""));
  const stubs = join(folder, "netdb-stubs");
  writeFileSync(`${stubs}.c`, netdbStubs);
  await run(workspace, "stubs", zig, [
    "cc",
    ...target,
    "-O2",
    "-g0",
    "-w",
    "-fno-builtin",
    "-c",
    `${stubs}.c`,
    "-o",
    `${stubs}.o`,
  ]);

  const compile = `${zig} cc ${target.join(" ")}`;
  const prefixes = [
    `-ffile-prefix-map=${source}=/cpython`,
    `-ffile-prefix-map=${folder}=/build`,
    `-ffile-prefix-map=${workspace.folder}=/work`,
  ].join(" ");
  const env: Record<string, string> = {
    CC: compile,
    CPP: `${compile} -E`,
    CXX: `${zig} c++ ${target.join(" ")}`,
    AR: `${zig} ar`,
    RANLIB: `${zig} ranlib`,
    READELF: "true",
    PKG_CONFIG: "/bin/false",
    CFLAGS: `-O3 -g0 -w -fno-sanitize=undefined -Wno-date-time -Wno-int-conversion ${prefixes} -DSOCK_RAW=3 -include ${renames}`,
    LDFLAGS: "-s",
    LDSHARED: "false",
    CONFIG_SITE: join(source, "Tools/wasm/config.site-wasm32-wasi"),
    ZLIB_CFLAGS: `-I${libraries}/include`,
    ZLIB_LIBS: `-L${libraries} -lz`,
    BZIP2_CFLAGS: `-I${libraries}/include`,
    BZIP2_LIBS: `-L${libraries} -lbz2`,
    LIBSQLITE3_CFLAGS: `-I${libraries}/include`,
    LIBSQLITE3_LIBS: `-L${libraries} -lsqlite3`,
    ac_cv_sizeof_pthread_t: "4",
    ...Object.fromEntries(absent.map((name) => [`ac_cv_${name}`, "no"])),
  };
  const options = [
    "-C",
    "--host=wasm32-unknown-wasi",
    "--build=x86_64-pc-linux-gnu",
    `--with-build-python=${native}`,
    "--prefix=/usr/local",
    "--disable-test-modules",
    "--with-ensurepip=no",
    "--with-pymalloc",
  ];
  await run(workspace, "wasm-configure", configure, options, { cwd: folder, env });
  // The one place where the source's folder would get into the module: where it was built must not change it.
  const makefile = join(folder, "Makefile");
  writeFileSync(makefile, readFileSync(makefile, "utf8").replace(`-DVPATH='"$(VPATH)"'`, `-DVPATH='"/cpython"'`));
  await run(workspace, "wasm-make", "make", [jobs, "python.wasm", `SYSLIBS=-lm ${stubs}.o`], { cwd: folder, env });
  await run(workspace, "wasm-sysconfig", "make", ["pybuilddir.txt"], { cwd: folder, env });
  return { wasm: join(folder, "python.wasm"), buildFolder: folder };
}

/** The module that `sysconfig` reads, with the build's folders taken out of it. */
export function sysconfigModule(built: Built, workspace: Workspace): string {
  const holder = join(built.buildFolder, readFileSync(join(built.buildFolder, "pybuilddir.txt"), "utf8").trim());
  const name = existsSync(holder) ? readdirSync(holder).find((entry) => entry.startsWith("_sysconfigdata")) : undefined;
  if (!name) throw new Error(`no _sysconfigdata module in ${holder}`);
  const clean = join(holder, "clean");
  mkdirSync(clean, { recursive: true });
  const file = join(clean, name);
  writeFileSync(file, readFileSync(join(holder, name), "utf8").replaceAll(workspace.folder, "/work"));
  return file;
}
