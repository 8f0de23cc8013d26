;; Greets through a host function and adds two numbers.
(module
  (import "host" "print" (func $print (param $at i32) (param $length i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello from WebAssembly")
  (func (export "greet")
    (call $print (i32.const 16) (i32.const 22)))
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b))))
