/** Job: small components that together have every kind of definition, as text and binary: to damage, to cut, to meter. Never: large. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

export const texts = {
  /** One component, two core modules, one of them used twice. */
  flat: `(component $flat
    (import "log" (func $log (param "text" string)))
    (core module $libc
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 64))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (global.get $next))
        (global.set $next (i32.add (global.get $next) (local.get 3)))
        (local.get $at)))
    (core module $main
      (import "host" "log" (func $log (param i32 i32)))
      (import "libc" "memory" (memory 1))
      (global (export "fuel") (mut i64) (i64.const 5))
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "spin") (loop $again (br $again)))
      (func (export "say") (param i32 i32) (call $log (local.get 0) (local.get 1))))
    (core instance $libc (instantiate $libc))
    (core instance $spare (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (alias core export $libc "realloc" (core func $realloc))
    (core func $log_core (canon lower (func $log) (memory $memory) string-encoding=utf16))
    (core instance $host (export "log" (func $log_core)))
    (core instance $m (instantiate $main (with "host" (instance $host)) (with "libc" (instance $libc))))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $m "add")))
    (func (export "spin") (canon lift (core func $m "spin")))
    (func (export "say") (param "text" string)
      (canon lift (core func $m "say") (memory $memory) (realloc $realloc))))`,

  /** Code in two components inside one without: a caller and its callee, with a resource, strings and start functions. */
  nested: `(component $outer
    (component $counter
      (core module $m
        (global $n (mut i32) (i32.const 0))
        (memory (export "memory") 1)
        (func $start (local $i i32)
          (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 10)))))
        (start $start)
        (func (export "next") (param i32) (result i32)
          (global.set $n (i32.add (global.get $n) (local.get 0))) (global.get $n))
        (func (export "length") (param i32 i32) (result i32) (local.get 1))
        (func (export "drop") (param i32))
        (global $at (mut i32) (i32.const 8))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $at) (global.set $at (i32.add (global.get $at) (local.get 3))))
        (func (export "done") (param i32)))
      (core instance $i (instantiate $m))
      (alias core export $i "memory" (core memory $memory))
      (alias core export $i "realloc" (core func $realloc))
      (alias core export $i "done" (core func $done))
      (type $r (resource (rep i32) (dtor (core func $i "drop"))))
      (core func $new (canon resource.new $r))
      (core instance $own (export "new" (func $new)))
      (core module $maker (import "own" "new" (func $new (param i32) (result i32)))
        (func (export "make") (result i32) (call $new (i32.const 7))))
      (core instance $maker (instantiate $maker (with "own" (instance $own))))
      (export $thing "thing" (type $r))
      (func (export "[constructor]thing") (result (own $thing)) (canon lift (core func $maker "make")))
      (func (export "next") (param "by" u32) (result u32)
        (canon lift (core func $i "next") (post-return $done)))
      (func (export "length") (param "text" string) (result u32)
        (canon lift (core func $i "length") (memory $memory) (realloc $realloc))))
    (component $caller
      (import "thing" (type $thing (sub resource)))
      (import "make" (func $make (result (own $thing))))
      (import "next" (func $next (param "by" u32) (result u32)))
      (core func $next (canon lower (func $next)))
      (core func $make (canon lower (func $make)))
      (core func $drop (canon resource.drop $thing))
      (core module $m
        (import "counter" "next" (func $next (param i32) (result i32)))
        (import "counter" "make" (func $make (result i32)))
        (import "counter" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (result i32)
          (call $drop (call $make))
          (loop $l
            (drop (call $next (i32.const 3)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (call $next (i32.const 0))))
      (core instance $with (export "next" (func $next)) (export "make" (func $make)) (export "drop" (func $drop)))
      (core instance $i (instantiate $m (with "counter" (instance $with))))
      (func (export "run") (param "times" u32) (result u32) (canon lift (core func $i "run"))))
    (instance $counter (instantiate $counter))
    (instance $spare (instantiate $counter))
    (instance $caller (instantiate $caller
      (with "thing" (type $counter "thing"))
      (with "make" (func $counter "[constructor]thing"))
      (with "next" (func $counter "next"))))
    (export "run" (func $caller "run"))
    (export "length" (func $spare "length")))`,

  /** Types of every kind, and no code but a lift. */
  world: `(component
    (import "a:b/types@1.0.0" (instance $types
      (type $point (record (field "x" f64) (field "y" f32)))
      (export "point" (type $point' (eq $point)))
      (type $shape (variant (case "dot" $point') (case "none") (case "many" (list $point'))))
      (export "shape" (type $shape' (eq $shape)))
      (export "file" (type $file (sub resource)))
      (export "[constructor]file" (func (param "name" string) (result (own $file))))
      (export "[method]file.read" (func (param "self" (borrow $file)) (param "length" u64) (result (result (list u8) (error string)))))
      (export "[static]file.all" (func (result (list (own $file)))))))
    (alias export $types "shape" (type $shape))
    (alias export $types "file" (type $file))
    (type $marks (flags "a" "b-c"))
    (type $color (enum "red" "green-RGB"))
    (import "marks" (type $marks' (eq $marks)))
    (import "use" (func $use (param "shape" $shape) (param "marks" (option $marks')) (result (tuple char bool s8 u8 s16 u16))))
    (type $component (component
      (alias outer 1 $marks (type $m))
      (import "marks" (type $m' (eq $m)))
      (import "f" (func (param "m" $m') (result (result))))
      (export "g" (func))))
    (core type $module (module
      (type (func (param i32) (result i64)))
      (import "a" "b" (func (type 0)))
      (import "a" "memory" (memory 1 2))
      (export "t" (table 1 funcref))
      (export "g" (global (mut i64)))))
    (core type $f (func (param i32 i64 f32 f64)))
    (component $inner
      (alias outer 1 $component (type))
      (alias outer 1 $module (core type))
      (type (list u32))
      (core module (func (export "x"))))
    (core module $empty)
    (component $shim (import "f" (func $f (param "shape" u32))) (export "g" (func $f)))
    (core module $m (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 8)))
    (core instance $i (instantiate $m))
    (alias core export $i "memory" (core memory $memory))
    (func (export "texts") (result (tuple string (list u16))) (canon lift (core func $i "f") (memory $memory)))
    (instance $other (export "file" (type $file)))
    (export "c:d/other" (instance $other)))`,

  /** Code in the outermost component and in one inside it, a resource and a type from the host, and one of its own. */
  mixed: `(component
    (import "a:b/types" (instance $types
      (export "file" (type $file (sub resource)))
      (type $mode (enum "read" "write"))
      (export "mode" (type $mode' (eq $mode)))
      (export "open" (func (param "mode" $mode') (result (own $file))))))
    (core module $m
      (import "types" "open" (func $open (param i32) (result i32)))
      (import "types" "drop" (func $drop (param i32)))
      (func (export "use") (param i32) (result i32) (call $drop (call $open (local.get 0))) (i32.const 1))
      (func (export "gone") (param i32)))
    (core func $open (canon lower (func $types "open")))
    (alias export $types "file" (type $file))
    (alias export $types "mode" (type $mode))
    (import "other" (func $other (param "mode" $mode) (result (own $file))))
    (core func $drop (canon resource.drop $file))
    (core instance $given (export "open" (func $open)) (export "drop" (func $drop)))
    (core instance $i (instantiate $m (with "types" (instance $given))))
    (type $point (record (field "x" u8)))
    (export $point' "point" (type $point))
    (type $thing (resource (rep i32) (dtor (core func $i "gone"))))
    (export $thing' "thing" (type $thing))
    (func $use (param "point" $point') (result u32) (canon lift (core func $i "use")))
    (export "use" (func $use))
    (component $inner
      (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
      (core instance $i (instantiate $m))
      (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
    (instance $inner (instantiate $inner))
    (export "c:d/inner" (instance $inner)))`,
} as const;

/** The same as binaries, with the names of the texts. */
export async function components(): Promise<Record<keyof typeof texts, Uint8Array<ArrayBuffer>>> {
  const binary = async (text: string) => new Uint8Array(await parse(text));
  const { flat, nested, world, mixed } = texts;
  return {
    flat: await binary(flat),
    nested: await binary(nested),
    world: await binary(world),
    mixed: await binary(mixed),
  };
}
