;; Small jobs for task sets: step costs 14 fuel; work(n) costs 6 n + 1 (table "weighted"), the first turn one more.
(module
  (global $sum (mut i32) (i32.const 0))
  (func (export "step") (result i32)
    global.get $sum
    i32.const 3
    i32.add
    global.set $sum
    global.get $sum
    i32.const 5
    i32.mul
    i32.const 4
    i32.shr_s)
  (func (export "work") (param $n i32) (result i32)
    loop
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
    end
    i32.const 0))
