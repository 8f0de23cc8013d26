;; Functions that find what the calls before left. states.list says which bound is expected for every call.
(module
  (memory (export "memory") 1 4)
  (type $v (func (param i32) (result i32)))
  (table $t 2 funcref)
  (elem (table $t) (i32.const 0) func $few $few)
  (elem declare func $many)
  (data $once "\07\00\00\00")
  (global $sp (mut i32) (i32.const 4096))
  (global $n (mut i32) (i32.const 0))
  (global $mode (mut i32) (i32.const 0))
  (global $down (mut i32) (i32.const 100))
  (global $double (mut i32) (i32.const 1))
  (global $other (mut i32) (i32.const 5))
  (global $long (mut i64) (i64.const 0))
  (global $plus (mut i32) (i32.const 0))

  (func $turn (param $n i32) (result i32) (local $i i32)
    block $out
      loop $l
        (br_if $out (i32.ge_u (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        br $l
      end
    end
    local.get $i)
  (func $few (type $v) (call $turn (i32.const 3)))
  (func $many (type $v) (call $turn (i32.const 50)))

  ;; a counter up to 20 makes the loop longer
  (func (export "grows") (param i32) (result i32)
    (if (i32.lt_u (global.get $n) (i32.const 20)) (then (global.set $n (i32.add (global.get $n) (i32.const 1)))))
    (call $turn (global.get $n)))
  ;; the same in memory, signed
  (func (export "grows_in_memory") (param i32) (result i32)
    (if (i32.lt_s (i32.load (i32.const 16)) (i32.const 300))
      (then (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 7)))))
    (call $turn (i32.load (i32.const 16))))
  ;; three phases
  (func (export "phases") (param i32) (result i32)
    (global.set $mode (i32.rem_u (i32.add (global.get $mode) (i32.const 1)) (i32.const 3)))
    (if (result i32) (i32.eq (global.get $mode) (i32.const 2))
      (then (call $turn (i32.const 40)))
      (else (if (result i32) (global.get $mode) (then (call $turn (i32.const 10))) (else (i32.const 0))))))
  ;; dear only when another function has switched it
  (func (export "switched") (param i32) (result i32)
    (if (result i32) (global.get $mode) (then (call $turn (i32.const 60))) (else (call $turn (i32.const 2)))))
  (func (export "switch") (param i32) (result i32)
    (global.set $mode (i32.and (local.get 0) (i32.const 1)))
    i32.const 0)
  ;; values at most 30 go round a ring; the oldest says how long it takes
  (func (export "ring") (param i32) (result i32) (local $at i32)
    (local.set $at (i32.shl (i32.and (i32.load (i32.const 64)) (i32.const 7)) (i32.const 2)))
    (i32.store (i32.const 64) (i32.add (i32.load (i32.const 64)) (i32.const 1)))
    (call $turn (i32.load offset=128 (local.get $at)))
    drop
    (i32.store offset=128 (local.get $at) (i32.rem_u (local.get 0) (i32.const 31)))
    i32.const 0)
  ;; a buffer that is worked off when it is full
  (func (export "fills") (param i32) (result i32) (local $n i32)
    (local.set $n (i32.load (i32.const 256)))
    (i32.store offset=260 (i32.shl (local.get $n) (i32.const 2)) (local.get 0))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (if (i32.eq (local.get $n) (i32.const 16))
      (then
        (drop (call $turn (local.get $n)))
        (local.set $n (i32.const 0))))
    (i32.store (i32.const 256) (local.get $n))
    local.get $n)
  ;; without an end
  (func (export "fills_for_ever") (param i32) (result i64) (local $i i64)
    (global.set $long (i64.add (global.get $long) (i64.const 1)))
    loop $l
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $l (i64.lt_u (local.get $i) (global.get $long)))
    end
    local.get $i)
  ;; a list that every call makes longer
  (func (export "list") (param i32) (result i32) (local $p i32) (local $n i32)
    (i32.store (i32.const 512) (i32.add (i32.load (i32.const 512)) (i32.const 8)))
    (local.set $p (i32.add (i32.load (i32.const 512)) (i32.const 1024)))
    (i32.store (local.get $p) (i32.load (i32.const 516)))
    (i32.store (i32.const 516) (local.get $p))
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $p)))
        (local.set $p (i32.load (local.get $p)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $l
      end
    end
    local.get $n)
  ;; a frame on the shadow stack that every call gives back; the limit lies in it
  (func (export "frame") (param i32) (result i32) (local $f i32)
    (local.set $f (i32.sub (global.get $sp) (i32.const 16)))
    (global.set $sp (local.get $f))
    (i32.store (local.get $f) (i32.const 12))
    (i32.store offset=4 (local.get $f) (local.get 0))
    (drop (call $turn (i32.load (local.get $f))))
    (global.set $sp (i32.add (local.get $f) (i32.const 16)))
    i32.const 0)
  ;; a frame that is not given back: calls trap in the end
  (func (export "frame_lost") (param i32) (result i32) (local $f i32)
    (local.set $f (i32.sub (global.get $sp) (i32.const 16)))
    (global.set $sp (local.get $f))
    (i32.store (local.get $f) (i32.const 12))
    (call $turn (i32.load (local.get $f))))
  ;; the fourth call traps, and what it did is undone
  (func (export "traps") (param i32) (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (if (i32.gt_u (global.get $n) (i32.const 3)) (then (global.set $n (i32.const 1000)) unreachable))
    (call $turn (global.get $n)))
  ;; the table is changed for the next call
  (func (export "table") (param i32) (result i32)
    (call_indirect $t (type $v) (i32.const 0) (i32.const 1))
    (table.set $t (i32.const 1) (ref.func $many)))
  ;; a segment can be used once
  (func (export "segment") (param i32) (result i32)
    (memory.init $once (i32.const 640) (i32.const 0) (i32.const 4))
    (data.drop $once)
    (call $turn (i32.load (i32.const 640))))
  ;; the memory grows with every call, up to four pages
  (func (export "pages") (param i32) (result i32)
    (drop (memory.grow (i32.const 1)))
    (call $turn (i32.mul (memory.size) (i32.const 10))))
  (func (export "falls") (param i32) (result i32)
    (if (global.get $down) (then (global.set $down (i32.sub (global.get $down) (i32.const 1)))))
    (call $turn (global.get $down)))
  (func (export "alternates") (param i32) (result i32)
    (global.set $other (i32.sub (i32.const 30) (global.get $other)))
    (call $turn (global.get $other)))
  (func (export "doubles") (param i32) (result i32)
    (global.set $double (i32.mul (global.get $double) (i32.const 2)))
    (if (i32.gt_u (global.get $double) (i32.const 1000)) (then (global.set $double (i32.const 1))))
    (call $turn (global.get $double)))
  ;; what one call leaves is an argument of the next
  (func (export "argument") (param i32) (result i32)
    (drop (call $turn (i32.load8_u (i32.const 768))))
    (i32.store8 (i32.const 768) (local.get 0))
    i32.const 0)
  ;; each of two is harmless alone
  (func (export "add") (param i32) (result i32)
    (global.set $plus (i32.and (i32.add (global.get $plus) (i32.const 1)) (i32.const 63)))
    i32.const 0)
  (func (export "use") (param i32) (result i32)
    (call $turn (global.get $plus))))
