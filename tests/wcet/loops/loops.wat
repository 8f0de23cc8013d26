;; Loops that tempt an analyser into a bound that is too low, and some that it must not give up on. Every export is one
;; entry; loops.list says what is expected of each.
(module
  (memory 1 4)
  (global $limit (mut i32) (i32.const 10))
  (type $v (func (param i32) (result i32)))
  (table 4 funcref)
  (elem (i32.const 0) $few $many $few $few)

  (func $few (type $v) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 3)))
    end
    local.get $i)
  (func $many (type $v) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 50)))
    end
    local.get $i)

  ;; from 2^32 - 16 up through 0 to 16
  (func (export "wrap_ne") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.const -16))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.ne (local.get $i) (i32.const 16)))
    end
    local.get $i)
  ;; unsigned: ends when it has wrapped
  (func (export "wrap_unsigned") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.const -16))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 3)))
      (br_if $l (i32.ge_u (local.get $i) (i32.const -16)))
    end
    local.get $i)
  ;; an even counter and an odd limit: never
  (func (export "step_crosses_even") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $l (i32.ne (local.get $i) (i32.const 101)))
    end
    local.get $i)
  ;; 7 k = 100 modulo 2^32: after 613566771 turns, not after 14
  (func (export "step_crosses_odd") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 7)))
      (br_if $l (i32.ne (local.get $i) (i32.const 100)))
    end
    local.get $i)
  ;; the limit is in memory, and a store through an unknown address may change it
  (func (export "limit_aliased") (param $v i32) (result i32) (local $i i32)
    (i32.store (i32.const 64) (i32.const 10))
    loop $l
      (i32.store (i32.add (i32.const 56) (i32.shl (i32.and (local.get $v) (i32.const 3)) (i32.const 2))) (i32.const 40))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.load (i32.const 64))))
    end
    local.get $i)
  ;; the same, and every turn moves it on
  (func (export "limit_runs_away") (param $v i32) (result i32) (local $i i32)
    (i32.store (i32.const 64) (i32.const 10))
    loop $l
      (i32.store (i32.add (i32.const 60) (i32.and (local.get $v) (i32.const 4)))
        (i32.add (local.get $i) (i32.const 12)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.load (i32.const 64))))
    end
    local.get $i)
  (func $more (global.set $limit (i32.add (global.get $limit) (i32.const 1))))
  ;; a function called in the body moves the limit, at most 20 times
  (func (export "limit_in_callee") (param $v i32) (result i32) (local $i i32)
    loop $l
      (if (i32.and (i32.lt_s (local.get $i) (i32.const 20)) (i32.and (local.get $v) (i32.const 1))) (then (call $more)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (global.get $limit)))
    end
    local.get $i)
  ;; either counter moves
  (func (export "two_counters") (param $v i32) (result i32) (local $i i32) (local $j i32)
    block $out
      loop $l
        (br_if $out (i32.ge_s (local.get $i) (i32.const 10)))
        (br_if $out (i32.ge_s (local.get $j) (i32.const 10)))
        (local.set $v (i32.xor (i32.mul (local.get $v) (i32.const 1664525)) (i32.const 12345)))
        (if (i32.and (local.get $v) (i32.const 64))
          (then (local.set $i (i32.add (local.get $i) (i32.const 1))))
          (else (local.set $j (i32.add (local.get $j) (i32.const 1)))))
        br $l
      end
    end
    (i32.add (local.get $i) (local.get $j)))
  ;; one of them may stand still
  (func (export "stands_still") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $v (i32.xor (i32.mul (local.get $v) (i32.const 1664525)) (i32.const 12345)))
      (local.set $i (i32.add (local.get $i) (i32.and (local.get $v) (i32.const 1))))
      (br_if $l (i32.lt_s (local.get $i) (i32.const 10)))
    end
    local.get $i)
  ;; up or down by an unknown bit
  (func (export "up_and_down") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $v (i32.xor (i32.mul (local.get $v) (i32.const 1664525)) (i32.const 12345)))
      (local.set $i (i32.add (local.get $i)
        (select (i32.const 1) (i32.const -1) (i32.and (local.get $v) (i32.const 256)))))
      (br_if $l (i32.lt_s (local.get $i) (i32.const 10)))
    end
    local.get $i)
  (func (export "exit_in_nest") (param $v i32) (result i32) (local $i i32)
    block $far
      loop $l
        block $near
          (local.set $v (i32.xor (i32.mul (local.get $v) (i32.const 1664525)) (i32.const 12345)))
          (br_if $near (i32.and (local.get $v) (i32.const 4096)))
          block
            (br_if $far (i32.gt_u (local.get $i) (i32.const 30)))
          end
        end
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 40)))
      end
    end
    local.get $i)
  ;; two ways back to one label, with different steps
  (func (export "two_back_edges") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $v (i32.xor (i32.mul (local.get $v) (i32.const 1664525)) (i32.const 12345)))
      (if (i32.and (local.get $v) (i32.const 4096)) (then
        (local.set $i (i32.add (local.get $i) (i32.const 3)))
        (br_if 1 (i32.lt_u (local.get $i) (i32.const 30)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 30)))
    end
    local.get $i)
  ;; one of the two ways back forgets to count, but only on odd turns
  (func (export "back_edge_idle") (param $v i32) (result i32) (local $i i32) (local $odd i32)
    loop $l
      (local.set $odd (i32.xor (local.get $odd) (i32.const 1)))
      (br_if $l (local.get $odd))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 30)))
    end
    local.get $i)
  (func (export "entered_by_table") (param $v i32) (result i32) (local $i i32)
    block $b
      block $a
        (br_table $a $b $b $a (local.get $v))
      end
      loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 25)))
      end
    end
    local.get $i)
  ;; the loop turns by a branch table, whose index is unknown in one turn of three
  (func (export "turns_by_table") (param $v i32) (result i32) (local $i i32)
    block $out
      loop $l
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $out (i32.ge_u (local.get $i) (i32.const 64)))
        (local.set $v (i32.rotl (local.get $v) (i32.const 3)))
        (br_table $l $l $out $l (i32.and (local.get $v) (i32.const 7)))
      end
    end
    local.get $i)
  (func (export "count64") (param $v i64) (result i64) (local $i i64)
    (local.set $i (i64.const -5000000000))
    loop $l
      (local.set $i (i64.add (local.get $i) (i64.const 100000000)))
      (br_if $l (i64.lt_s (local.get $i) (i64.const 5000000000)))
    end
    local.get $i)
  ;; 64 bits down to what the argument says, which is one of 2^64
  (func (export "open64") (param $v i64) (result i64) (local $i i64)
    loop $l
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $l (i64.lt_u (local.get $i) (local.get $v)))
    end
    local.get $i)
  (func (export "float_known") (param $v i32) (result i32) (local $x f64) (local $n i32)
    loop $l
      (local.set $x (f64.add (local.get $x) (f64.const 0.1)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (f64.lt (local.get $x) (f64.const 1)))
    end
    local.get $n)
  (func (export "float_unknown") (param $v f64) (result i32) (local $n i32)
    loop $l
      (local.set $v (f64.add (local.get $v) (f64.const 1)))
      (br_if $l (f64.lt (local.get $v) (f64.const 100)))
    end
    local.get $n)
  (func (export "limit_truncated") (param $v f64) (result i32) (local $i i32) (local $n i32)
    (local.set $n (i32.and (i32.trunc_f64_s (local.get $v)) (i32.const 31)))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (local.get $n)))
    end
    local.get $i)
  (func (export "forever") (param $v i32) (result i32)
    loop $l br $l end
    unreachable)
  (func (export "forever_if") (param $v i32) (result i32)
    loop $l (br_if $l (local.get $v)) end
    local.get $v)
  (func (export "step_unknown") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.add (i32.and (local.get $v) (i32.const 3)) (i32.const 1))))
      (local.set $v (i32.shr_u (local.get $v) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 5000)))
    end
    local.get $i)
  ;; from an unknown start
  (func (export "start_masked") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.and (local.get $v) (i32.const 127)))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 200)))
    end
    local.get $i)
  (func (export "start_rem") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.rem_s (local.get $v) (i32.const 10)))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.const 20)))
    end
    local.get $i)
  ;; a billion turns
  (func (export "long_lt") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.const 1000000000)))
    end
    local.get $i)
  (func (export "long_ne") (param $v i32) (result i32) (local $i i32)
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 12)))
      (br_if $l (i32.ne (local.get $i) (i32.const 1200000000)))
    end
    local.get $i)
  (func (export "long_down") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.const 2000000000))
    loop $l
      (br_if $l (local.tee $i (i32.add (local.get $i) (i32.const -4))))
    end
    local.get $i)
  ;; the same in memory, as compilers without optimisation write it
  (func (export "long_memory") (param $v i32) (result i32)
    (i32.store (i32.const 16) (i32.const 0))
    block $out
      loop $l
        (br_if $out (i32.eqz (i32.and (i32.lt_s (i32.load (i32.const 16)) (i32.const 100000000)) (i32.const 1))))
        (i32.store (i32.const 16) (i32.add (i32.load (i32.const 16)) (i32.const 1)))
        br $l
      end
    end
    (i32.load (i32.const 16)))
  (func (export "long_nest") (param $v i32) (result i32) (local $i i32) (local $j i32)
    loop $a
      (local.set $j (i32.const 0))
      loop $b
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $b (i32.lt_s (local.get $j) (i32.const 30000)))
      end
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $a (i32.lt_s (local.get $i) (i32.const 30000)))
    end
    local.get $i)
  (func (export "triangle") (param $v i32) (result i32) (local $i i32) (local $j i32) (local $s i32)
    loop $a
      (local.set $j (i32.const 0))
      loop $b
        (local.set $s (i32.add (local.get $s) (i32.const 1)))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $b (i32.le_s (local.get $j) (local.get $i)))
      end
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $a (i32.lt_s (local.get $i) (i32.const 100)))
    end
    local.get $s)
  (func (export "gcd") (param $v i32) (result i32) (local $b i32) (local $t i32)
    (local.set $b (i32.const 1071))
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $b)))
        (local.set $t (i32.rem_u (local.get $v) (local.get $b)))
        (local.set $v (local.get $b))
        (local.set $b (local.get $t))
        br $l
      end
    end
    local.get $v)
  (func (export "bits") (param $v i32) (result i32) (local $n i32)
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $v)))
        (local.set $v (i32.and (local.get $v) (i32.sub (local.get $v) (i32.const 1))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $l
      end
    end
    local.get $n)
  (func (export "bits_lowest") (param $v i32) (result i32) (local $n i32)
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $v)))
        (local.set $v (i32.xor (local.get $v) (i32.and (local.get $v) (i32.sub (i32.const 0) (local.get $v)))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $l
      end
    end
    local.get $n)
  (func (export "halves") (param $v i32) (result i32) (local $n i32)
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $v)))
        (local.set $v (i32.shr_u (local.get $v) (i32.const 1)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $l
      end
    end
    local.get $n)
  ;; an arithmetic shift of a negative number ends at -1 and stays there
  (func (export "halves_signed") (param $v i32) (result i32) (local $n i32)
    block $out
      loop $l
        (br_if $out (i32.eqz (local.get $v)))
        (local.set $v (i32.shr_s (local.get $v) (i32.const 1)))
        br $l
      end
    end
    local.get $n)
  ;; binary search in 512 numbers, whatever is looked for
  (func (export "search") (param $v i32) (result i32) (local $lo i32) (local $hi i32) (local $m i32)
    (local.set $hi (i32.const 511))
    block $out
      loop $l
        (br_if $out (i32.gt_s (local.get $lo) (local.get $hi)))
        (local.set $m (i32.shr_s (i32.add (local.get $lo) (local.get $hi)) (i32.const 1)))
        (if (i32.lt_s (i32.mul (local.get $m) (i32.const 3)) (local.get $v))
          (then (local.set $lo (i32.add (local.get $m) (i32.const 1))))
          (else (local.set $hi (i32.sub (local.get $m) (i32.const 1)))))
        br $l
      end
    end
    local.get $lo)
  ;; sift down in a heap of 100 whose contents are unknown
  (func (export "heap") (param $v i32) (result i32) (local $i i32) (local $c i32)
    (local.set $v (i32.mul (local.get $v) (i32.const 77777)))
    block $out
      loop $l
        (local.set $c (i32.add (i32.shl (local.get $i) (i32.const 1)) (i32.const 1)))
        (br_if $out (i32.ge_s (local.get $c) (i32.const 100)))
        (if (i32.lt_s (i32.load (i32.shl (local.get $c) (i32.const 2))) (local.get $v))
          (then (local.set $c (i32.add (local.get $c) (i32.const 1)))))
        (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $v))
        (local.set $v (i32.rotl (local.get $v) (i32.const 5)))
        (local.set $i (local.get $c))
        br $l
      end
    end
    local.get $i)
  ;; head and tail of a ring of 16
  (func (export "ring") (param $v i32) (result i32) (local $head i32) (local $tail i32) (local $n i32)
    block $out
      loop $l
        (br_if $out (i32.ge_s (local.get $n) (i32.const 40)))
        (if (i32.and (i32.rotl (local.get $v) (local.get $n)) (i32.const 1))
          (then (if (i32.lt_u (i32.sub (local.get $head) (local.get $tail)) (i32.const 16)) (then
            (i32.store (i32.shl (i32.and (local.get $head) (i32.const 15)) (i32.const 2)) (local.get $n))
            (local.set $head (i32.add (local.get $head) (i32.const 1))))))
          (else (if (i32.ne (local.get $head) (local.get $tail)) (then
            (local.set $tail (i32.add (local.get $tail) (i32.const 1)))))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        br $l
      end
    end
    (i32.sub (local.get $head) (local.get $tail)))
  ;; ends by dividing by zero
  (func (export "ends_by_trap") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.const 20))
    loop $l
      (local.set $v (i32.div_u (i32.const 1000) (local.get $i)))
      (local.set $i (i32.sub (local.get $i) (i32.const 1)))
      br $l
    end
    unreachable)
  ;; never left at its test: ends when the address is outside of the memory
  (func (export "ends_outside") (param $v i32) (result i32) (local $i i32)
    (local.set $i (i32.and (local.get $v) (i32.const 1)))
    loop $l
      (local.set $v (i32.load (i32.shl (local.get $i) (i32.const 2))))
      (local.set $i (i32.add (local.get $i) (i32.const 3)))
      (br_if $l (i32.ne (local.get $i) (i32.const 30002)))
    end
    local.get $v)
  (func (export "dead_loop") (param $v i32) (result i32)
    block $b
      br $b
      loop $l br $l end
    end
    local.get $v)

  (func (export "calls_by_index") (param $v i32) (result i32)
    (call_indirect (type $v) (local.get $v) (i32.and (local.get $v) (i32.const 3))))
  (func (export "calls_known_index") (param $v i32) (result i32)
    (call_indirect (type $v) (local.get $v) (i32.add (i32.and (local.get $v) (i32.const 1)) (i32.const 2))))
  ;; the table is changed before the call
  (func (export "calls_after_set") (param $v i32) (result i32)
    (table.set (i32.and (local.get $v) (i32.const 3)) (ref.func $many))
    (call_indirect (type $v) (local.get $v) (i32.const 0)))
  (func $down (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))))
  (func (export "recursion_masked") (param $v i32) (result i32) (call $down (i32.and (local.get $v) (i32.const 15))))
  (func (export "recursion_open") (param $v i32) (result i32) (call $down (local.get $v)))
  (func $pong (param $n i32) (result i32)
    (if (result i32) (i32.eqz (local.get $n)) (then (i32.const 0))
      (else (return_call $ping (i32.sub (local.get $n) (i32.const 1))))))
  (func $ping (param $n i32) (result i32) (return_call $pong (local.get $n)))
  (func (export "tail_calls") (param $v i32) (result i32) (call $ping (i32.const 100)))

  (func (export "fill") (param $v i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.and (local.get $v) (i32.const 255)))
    (i32.load (i32.const 0)))
  (func (export "fill_any") (param $v i32) (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (local.get $v))
    (i32.load (i32.const 0)))
  (func (export "grow") (param $v i32) (result i32)
    (drop (memory.grow (i32.and (local.get $v) (i32.const 1))))
    (memory.size))
  ;; copied over itself, the count of a loop among it
  (func (export "count_copied") (param $v i32) (result i32) (local $i i32)
    (i32.store (i32.const 100) (i32.const 5))
    (i32.store (i32.const 104) (i32.const 9))
    (memory.copy (i32.const 100) (i32.const 104) (i32.const 4))
    loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_s (local.get $i) (i32.load (i32.const 100))))
    end
    local.get $i)
  ;; a byte that wraps
  (func (export "byte_counter") (param $v i32) (result i32) (local $n i32)
    (i32.store8 (i32.const 200) (i32.and (local.get $v) (i32.const 7)))
    loop $l
      (i32.store8 (i32.const 200) (i32.add (i32.load8_u (i32.const 200)) (i32.const 1)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.load8_u (i32.const 200)))
    end
    local.get $n)
)
