;; The number of steps that 3n + 1 takes from n to 1.
(module
  (func $next (param $n i64) (result i64)
    (if (result i64) (i64.eqz (i64.and (local.get $n) (i64.const 1)))
      (then (i64.shr_u (local.get $n) (i64.const 1)))
      (else (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1)))))
  (func (export "collatz") (param $n i64) (result i32)
    (local $steps i32)
    (loop $again
      (if (i64.gt_u (local.get $n) (i64.const 1))
        (then
          (local.set $n (call $next (local.get $n)))
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (br $again))))
    (local.get $steps)))
