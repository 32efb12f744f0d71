/** Job: WIT of the worlds that the small components of these tests live in, with only what they use. Never: more than is asked for. */

const io = `package wasi:io@0.2.0 {
  interface error { resource error; }
  interface streams {
    use error.{error};
    variant stream-error { last-operation-failed(error), closed }
    resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
    resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
  }
}`;

/** `wasi:cli/run` with arguments, exit and standard streams. */
export const commandWit = `package test:command;
world command {
  import wasi:cli/environment@0.2.0;
  import wasi:cli/exit@0.2.0;
  import wasi:cli/stdin@0.2.0;
  import wasi:cli/stdout@0.2.0;
  import wasi:filesystem/preopens@0.2.0;
  export wasi:cli/run@0.2.0;
}
${io}
package wasi:filesystem@0.2.0 {
  interface types { resource descriptor; }
  interface preopens { use types.{descriptor}; get-directories: func() -> list<tuple<descriptor, string>>; }
}
package wasi:cli@0.2.0 {
  interface run { run: func() -> result; }
  interface exit { exit: func(status: result); exit-with-code: func(status-code: u8); }
  interface environment {
    get-arguments: func() -> list<string>;
    get-environment: func() -> list<tuple<string, string>>;
  }
  interface stdin { use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream; }
  interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
}`;

/** The host world of tasks. */
export const runnerWit = `package test:runner;
world runner {
  import capsule:host/api;
  export capsule:host/task-runner;
}
package capsule:host {
  interface api {
    variant task-error { invalid-name(string), invalid-config(string), invalid-args(string), internal-error(string) }
    schedule-task: func(task-name: string, args-json: string, config-json: string) -> result<string, task-error>;
    record http-response { status: u16, headers: list<tuple<string, string>>, body: string }
    variant http-error { network-error(string), timeout(string), invalid-url(string) }
    http-request: func(method: string, url: string, headers: list<tuple<string, string>>, body: option<string>)
      -> result<http-response, http-error>;
  }
  interface task-runner { run: func(args-json: string) -> result<string, string>; }
}`;

/** A bump allocator, as the canonical ABI asks for it, above \`from\`. */
export const allocator = (from: number) => `
  (global $free (mut i32) (i32.const ${from}))
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
    (global.set $free (i32.add (local.get $at) (local.get 3)))
    (block $room
      (br_if $room (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get 3) (i32.const 16))))))
    (local.get $at))`;

/** A core module for the world of commands; \`body\` is \`run\`'s: 0 for ok, 1 for err. Text for \`$print\` is put at an address. */
export const commandModule = (body: string, more = "") => `(module
  (import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))
  (import "wasi:cli/exit@0.2.0" "exit-with-code" (func $exit-with-code (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-arguments" (func $arguments (param i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $directories (param i32)))
  (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
  (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
  (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
    (func $write (param i32 i32 i32 i32)))
  (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
  (memory (export "memory") 1)
  ${allocator(4096)}
  ;; Prints so many bytes from an address; the stream's answer goes to 0.
  (func $print (param i32 i32) (call $write (call $stdout) (local.get 0) (local.get 1) (i32.const 0)))
  ${more}
  (func (export "wasi:cli/run@0.2.0#run") (result i32) ${body}))`;
