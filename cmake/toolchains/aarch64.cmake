# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# For arm64 hosts, on another: clang and Debian's arm64 packages (deploy/bootstrap.sh --arm64).
# Programs of the build (protoc, its plugin) are this host's, of the same Debian release.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
cmake_path(SET omserve_aarch64 NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../../build/deps/aarch64")
set(CMAKE_SYSROOT "${omserve_aarch64}/sysroot")
if(NOT EXISTS "${CMAKE_SYSROOT}/usr/include")
  message(FATAL_ERROR "no arm64 packages in ${CMAKE_SYSROOT}: run deploy/bootstrap.sh --arm64")
endif()
set(CMAKE_C_COMPILER_TARGET aarch64-linux-gnu)
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)

# The engine's wheel lies outside of the packages' root; its paths are taken as they are.
set(CMAKE_FIND_ROOT_PATH "${omserve_aarch64}/openvino")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR}
    "${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")
