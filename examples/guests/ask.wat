;; Asks a host service twice and adds the answers. To the guest the calls look like any other.
(module
  (import "service" "ask" (func $ask (param i32) (result i32)))
  (func (export "sum") (param $key i32) (result i32)
    (i32.add (call $ask (local.get $key))
             (call $ask (i32.add (local.get $key) (i32.const 1))))))
