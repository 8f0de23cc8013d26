;; `_initialize` comes before all calls of a library.
(module
  (memory (export "memory") 1)
  (global $limit (mut i32) (i32.const 1))
  (func (export "_initialize") (global.set $limit (i32.const 40)))
  (func (export "use") (param i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (global.get $limit)))
    end
    local.get $i))
