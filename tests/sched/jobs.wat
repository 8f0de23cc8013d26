;; Jobs with known charge blocks, for tests of scheduling; prices of table "unit". C is the price of one turn.
;;
;;   burn_C(n)         blocks: C + 1, then n - 1 times C, then 0
;;   vary_C(n, m, n2)  n2 turns in every m-th call since the instance was made or reset, else n
;;                     blocks: 10, then C + 2 (n2) or C, then C for every other turn, then 0
;;   trap_C(n)         as burn_C, but the last block is 0 and traps
(module
  (global $calls (mut i32) (i32.const 0))
  (func (export "burn_5") (param i32)
    loop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "trap_5") (param i32)
    loop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end
    unreachable)
  (func (export "vary_5") (param i32 i32 i32)
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls local.get 1 i32.rem_u i32.eqz
    if
      local.get 2 local.set 0
    end
    loop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "burn_9") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "trap_9") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end
    unreachable)
  (func (export "vary_9") (param i32 i32 i32)
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls local.get 1 i32.rem_u i32.eqz
    if
      local.get 2 local.set 0
    end
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "burn_17") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "trap_17") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end
    unreachable)
  (func (export "vary_17") (param i32 i32 i32)
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls local.get 1 i32.rem_u i32.eqz
    if
      local.get 2 local.set 0
    end
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "burn_61") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
  (func (export "trap_61") (param i32)
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end
    unreachable)
  (func (export "vary_61") (param i32 i32 i32)
    global.get $calls i32.const 1 i32.add global.set $calls
    global.get $calls local.get 1 i32.rem_u i32.eqz
    if
      local.get 2 local.set 0
    end
    loop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop local.get 0 drop
      local.get 0 drop local.get 0 drop
      local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0
    end)
)
