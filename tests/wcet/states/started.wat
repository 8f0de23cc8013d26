;; A start function, and a global that anybody can write.
(module
  (memory (export "memory") 1)
  (global $limit (export "limit") (mut i32) (i32.const 1))
  (func $start (global.set $limit (i32.const 25)))
  (start $start)
  (func (export "use") (param i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.and (global.get $limit) (i32.const 31))))
    end
    local.get $i))
