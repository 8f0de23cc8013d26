# How everything of this project is compiled. Results and fuel may not depend on the compiler, hence -ffp-contract=off;
# -fno-math-errno makes sqrt an instruction; guest memory is read as every type, hence -fno-strict-aliasing.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or MinSizeRel" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_MINSIZEREL "-Os" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEBUG "-Og -g" CACHE STRING "" FORCE)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(WRT_FREESTANDING)
    set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
endif()

add_library(wrt_flags INTERFACE)
target_compile_options(wrt_flags INTERFACE
    -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wundef -Wvla
    -ffp-contract=off -fno-strict-aliasing -fno-math-errno
    -ffunction-sections -fdata-sections
    "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    # What valgrind 3.19 can read; and WRT_ASSERT(!"text") is meant.
    target_compile_options(wrt_flags INTERFACE -gdwarf-4 -Wno-string-conversion)
endif()
if(WRT_WERROR)
    target_compile_options(wrt_flags INTERFACE -Werror)
endif()
if(WRT_NO_FUEL)
    target_compile_definitions(wrt_flags INTERFACE WRT_NO_FUEL=1)
endif()
if(NOT WRT_MESSAGES)
    target_compile_definitions(wrt_flags INTERFACE WRT_MESSAGES=0)
endif()
if(WRT_FREESTANDING)
    target_compile_options(wrt_flags INTERFACE -ffreestanding)
    target_compile_definitions(wrt_flags INTERFACE WRT_FREESTANDING=1)
else()
    target_link_options(wrt_flags INTERFACE -Wl,--gc-sections)
endif()

# Tail calls need a compiler that makes jumps of them, which is sure only with optimisation, and eight argument registers.
set(wrt_tail OFF)
if(WRT_DISPATCH STREQUAL "tail")
    set(wrt_tail ON)
elseif(WRT_DISPATCH STREQUAL "auto" AND CMAKE_SIZEOF_VOID_P EQUAL 8 AND CMAKE_BUILD_TYPE STREQUAL "Release"
       AND NOT WRT_SANITIZE AND NOT WRT_FREESTANDING AND CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
    set(wrt_tail ON)
endif()
target_compile_definitions(wrt_flags INTERFACE
    WRT_DISPATCH_TAIL=$<BOOL:${wrt_tail}> WRT_FUSE_FULL=$<STREQUAL:${WRT_FUSE},full>)

if(WRT_SANITIZE)
    set(sanitize -fsanitize=${WRT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_compile_options(wrt_flags INTERFACE ${sanitize})
    target_link_options(wrt_flags INTERFACE ${sanitize})
endif()
if(WRT_FUZZ)
    target_compile_options(wrt_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(wrt_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
