# RISC-V without an operating system: -DCMAKE_TOOLCHAIN_FILE=cmake/riscv64-unknown-elf.cmake
# [-DWRT_ARCH=rv32imac -DWRT_ABI=ilp32]; the same compiler makes code for 32 and 64 bits.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(WRT_ARCH "rv64gc" CACHE STRING "-march")
set(WRT_ABI "lp64d" CACHE STRING "-mabi")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WRT_ARCH WRT_ABI)
set(CMAKE_C_FLAGS_INIT "-march=${WRT_ARCH} -mabi=${WRT_ABI} -mcmodel=medany")
