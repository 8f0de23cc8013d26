;; One control step: a demand, cut at 100 and at what the speed allows, is remembered.
;; Blocks: 0 compares, 1 cuts at the top, 2 compares, 3 cuts by speed, 4 remembers and returns.
(module
  (global $demand (mut i32) (i32.const 0))
  (func (export "step") (param $x i32) (param $speed i32) (result i32)
    local.get $x
    i32.const 100
    i32.gt_s
    if
      i32.const 100
      local.set $x
    end
    local.get $speed
    if
      i32.const 60
      local.set $x
    end
    local.get $x
    global.set $demand
    local.get $x))
