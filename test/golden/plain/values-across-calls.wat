;; The value of a call waits in a local while its block is paid for. So does, in Binaryen's tree, an operand that the
;; original keeps on the stack across a statement: setting and getting that local is not counted.
(module
  (import "host" "get" (func $get (result i32)))
  (import "host" "note" (func $note))
  (func (export "f") (param $a i32) (result i32)
    local.get $a
    call $note
    i32.eqz
    call $get
    i32.add))
