# `cmake --install`: headers, library, wrtd with manual pages and completions, wrt.pc and a CMake package
# (find_package(wrt), target wrt::wrt).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS wrt EXPORT wrt_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/wrt" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
if(TARGET wrtd)
    install(TARGETS wrtd RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    if(NOT CMAKE_CROSSCOMPILING)
        configure_file("${PROJECT_SOURCE_DIR}/cmake/WrtTexts.cmake.in" "${PROJECT_BINARY_DIR}/WrtTexts.cmake" @ONLY)
        install(SCRIPT "${PROJECT_BINARY_DIR}/WrtTexts.cmake")
    endif()
endif()

set(WRT_PC_LIBS "")
if(NOT WRT_FREESTANDING AND NOT WRT_SHARED)
    set(WRT_PC_LIBS "-pthread")
endif()
# Relative, so that `cmake --install --prefix` and a moved folder work.
file(RELATIVE_PATH WRT_PC_PREFIX "/x/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/x")
configure_file("${PROJECT_SOURCE_DIR}/cmake/wrt.pc.in" "${PROJECT_BINARY_DIR}/wrt.pc" @ONLY)
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/wrt-config.cmake.in" "${PROJECT_BINARY_DIR}/wrt-config.cmake"
    INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/wrt")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/wrt-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/wrt.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES "${PROJECT_BINARY_DIR}/wrt-config.cmake" "${PROJECT_BINARY_DIR}/wrt-config-version.cmake"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/wrt")
install(EXPORT wrt_targets NAMESPACE wrt:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/wrt")
