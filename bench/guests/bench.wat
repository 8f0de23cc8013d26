;; What bench/micro.c runs: an empty call, a loop without an end, a call that is parked, and some real work.
(module
  (import "host" "wait" (func $wait))
  (memory 1)
  (func (export "nothing"))
  (func (export "spin")
    (loop $again (br $again)))
  (func (export "park")
    (call $wait))
  ;; xorshift through a table of 4 KiB: arithmetic, loads, stores and branches that depend on data
  (func (export "work") (param $n i32) (param $x i32) (result i32)
    (local $at i32)
    (loop $again
      (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
      (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
      (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
      (local.set $at (i32.and (local.get $x) (i32.const 4092)))
      (if (i32.and (local.get $x) (i32.const 64))
        (then (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $x))))
        (else (local.set $x (i32.add (local.get $x) (i32.load (local.get $at))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x)))
