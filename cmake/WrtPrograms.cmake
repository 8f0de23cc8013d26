# Examples, bench programs, unit tests and fuzz targets: one program per file, all found by name.
# Programs may use POSIX (gnu11); the library may not.
function(wrt_program target file folder)
    add_executable(${target} "${file}")
    target_link_libraries(${target} PRIVATE wrt wrt_flags)
    get_filename_component(here "${file}" DIRECTORY)
    target_include_directories(${target} PRIVATE "${here}")
    get_filename_component(name "${file}" NAME_WE)
    set_target_properties(${target} PROPERTIES
        C_EXTENSIONS ON OUTPUT_NAME "${name}" RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${folder}")
endfunction()

if(WRT_EXAMPLES)
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.c")
    foreach(file IN LISTS files)
        get_filename_component(name "${file}" NAME_WE)
        wrt_program(example_${name} "${file}" examples)
    endforeach()
endif()

if(WRT_BENCH)
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.c")
    foreach(file IN LISTS files)
        get_filename_component(name "${file}" NAME_WE)
        wrt_program(bench_${name} "${file}" bench)
    endforeach()
    target_link_libraries(bench_admission PRIVATE m)
    target_include_directories(bench_decide PRIVATE "${PROJECT_SOURCE_DIR}/src")  # times what is not public
endif()

# Unit tests mirror src/; a test of a room includes that room's headers and tests/test.h.
if(WRT_TESTS)
    enable_testing()
    add_library(wrt_test STATIC "${PROJECT_SOURCE_DIR}/tests/test.c" "${PROJECT_SOURCE_DIR}/tests/test_main.c")
    target_include_directories(wrt_test PUBLIC "${PROJECT_SOURCE_DIR}/tests")
    target_link_libraries(wrt_test PRIVATE wrt_flags PUBLIC wrt)
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/unit/*/test_*.c")
    foreach(file IN LISTS files)
        get_filename_component(name "${file}" NAME_WE)
        get_filename_component(room "${file}" DIRECTORY)
        get_filename_component(room "${room}" NAME)
        wrt_program(unit_${room}_${name} "${file}" tests/unit/${room})
        target_include_directories(unit_${room}_${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
        target_link_libraries(unit_${room}_${name} PRIVATE wrt_test m)  # libm: the oracle of the float tests
        target_compile_definitions(unit_${room}_${name} PRIVATE "WRT_TEST_SOURCE=\"${PROJECT_SOURCE_DIR}\"")
        add_test(NAME unit/${room}/${name} COMMAND unit_${room}_${name})
    endforeach()
endif()

# What the reader of TOML made of a file, for tests/manifest/toml.py.
if(WRT_TESTS AND TARGET wrtd_parts)
    wrt_program(manifest_toml_json "${PROJECT_SOURCE_DIR}/tests/manifest/toml_json.c" tests/manifest)
    target_link_libraries(manifest_toml_json PRIVATE wrtd_parts)
endif()

# A task set as text through the pure schedule, for comparison with other implementations of its rules.
if(WRT_TESTS)
    wrt_program(sched_rt_replay "${PROJECT_SOURCE_DIR}/tests/sched/rt_replay.c" tests/sched)
    target_include_directories(sched_rt_replay PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/tests")
    # Calls of one instance again and again, for tests/wcet/repeated.py.
    wrt_program(wcet_calls "${PROJECT_SOURCE_DIR}/tests/wcet/calls.c" tests/wcet)
    # Many arguments, each on a new instance, for tests/wcet/inputs.py.
    wrt_program(wcet_inputs "${PROJECT_SOURCE_DIR}/tests/wcet/inputs.c" tests/wcet)
endif()

if(WRT_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "the fuzz targets need clang (libFuzzer): configure with -DCMAKE_C_COMPILER=clang-19")
    endif()
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/fuzz/fuzz_*.c")
    foreach(file IN LISTS files)
        get_filename_component(name "${file}" NAME_WE)
        wrt_program(${name} "${file}" fuzz)
        target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
        if(name MATCHES "^fuzz_(manifest|taskset)$")   # those that look at the command
            if(TARGET wrtd_parts)
                target_link_libraries(${name} PRIVATE wrtd_parts)
            else()
                set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
            endif()
        endif()
    endforeach()
endif()
