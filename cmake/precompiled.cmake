# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Precompiled headers, for machines that compile everything anew: two thirds of an object's time go
# into reading the standard library, Abseil, gRPC, generated messages and GoogleTest. Off by default:
# with them, a file that lacks an include compiles too, so that the release build's programs and
# libraries never have them (TESTS), and the compiler cache is of less use to other checkouts.
set(OMSERVE_PRECOMPILE "OFF" CACHE STRING "OFF, TESTS (test programs alone) or ALL")

# A header is in here if many files have it and no file of ours is behind it.
set(OMSERVE_PRECOMPILED_PLAIN
  <algorithm> <array> <atomic> <chrono> <cmath> <condition_variable> <cstddef> <cstdint> <cstdio>
  <cstdlib> <cstring> <deque> <filesystem> <fstream> <functional> <iterator> <limits> <map> <memory>
  <mutex> <numeric> <optional> <random> <set> <span> <sstream> <string> <string_view> <thread>
  <utility> <variant> <vector>
  <absl/functional/any_invocable.h> <absl/status/status.h> <absl/status/statusor.h>
  <absl/strings/ascii.h> <absl/strings/escaping.h> <absl/strings/match.h> <absl/strings/numbers.h>
  <absl/strings/str_cat.h> <absl/strings/str_format.h> <absl/strings/str_join.h>
  <absl/strings/str_split.h> <absl/strings/string_view.h> <absl/time/clock.h> <absl/time/time.h>
  <nlohmann/json.hpp>)
set(OMSERVE_PRECOMPILED_GRPC
  <google/protobuf/text_format.h> <grpcpp/generic/generic_stub.h> <grpcpp/grpcpp.h>
  <inference/grpc_service.grpc.pb.h> <omserve/v1/manifest.pb.h> <omserve/v1/vision.grpc.pb.h>)
set(OMSERVE_PRECOMPILED_TEST <gmock/gmock.h> <gtest/gtest.h>)

# Whether 'target' links one of the other arguments, directly or not.
function(omserve_links target result)
  set(${result} FALSE PARENT_SCOPE)
  set(open ${target})
  set(seen "")
  while(open)
    list(POP_FRONT open one)
    foreach(property IN ITEMS LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_target_property(libraries ${one} ${property})
      foreach(library IN LISTS libraries)
        string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
        if(library IN_LIST ARGN)
          set(${result} TRUE PARENT_SCOPE)
          return()
        endif()
        # Libraries of our own are the only ones that lead to others of our own.
        if(TARGET "${library}" AND library MATCHES "omserve|hostacl|acl" AND NOT library IN_LIST seen)
          list(APPEND seen ${library})
          list(APPEND open ${library})
        endif()
      endforeach()
    endforeach()
  endwhile()
endfunction()

# omserve_precompiled(<name> <kind> <headers>): a target whose headers others take over.
function(omserve_precompiled name kind)
  set(source "${CMAKE_BINARY_DIR}/${name}.cc")
  if(kind STREQUAL "program")
    file(CONFIGURE OUTPUT "${source}" CONTENT "int main() {}\n")
    add_executable(${name} EXCLUDE_FROM_ALL "${source}")
    target_link_libraries(${name} PRIVATE GTest::gtest GTest::gmock)
  else()
    file(CONFIGURE OUTPUT "${source}" CONTENT "\n")
    add_library(${name} STATIC EXCLUDE_FROM_ALL "${source}")
  endif()
  target_precompile_headers(${name} PRIVATE ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE omserve::warnings)
endfunction()

function(omserve_precompile_directory directory)
  get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(NOT type MATCHES "EXECUTABLE|STATIC_LIBRARY|SHARED_LIBRARY|MODULE_LIBRARY"
       OR NOT "omserve::warnings" IN_LIST libraries OR target MATCHES "^precompiled_|_fuzz$")
      continue()
    endif()
    omserve_links(${target} tests GTest::gtest)
    omserve_links(${target} grpc omserve::proto omserve::inference_proto gRPC::grpc++)
    set(with "")
    if(grpc)
      set(with "_grpc")
    endif()
    if(tests AND type STREQUAL "EXECUTABLE")
      target_precompile_headers(${target} REUSE_FROM precompiled_test${with})
    elseif(NOT tests AND NOT type STREQUAL "EXECUTABLE" AND OMSERVE_PRECOMPILE STREQUAL "ALL")
      target_precompile_headers(${target} REUSE_FROM precompiled_library${with})
    endif()
  endforeach()
  get_property(directories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
  foreach(one IN LISTS directories)
    omserve_precompile_directory("${one}")
  endforeach()
endfunction()

# Gives every target of our own the headers that fit it. Called last.
function(omserve_precompile)
  set(plain ${OMSERVE_PRECOMPILED_PLAIN})
  set(grpc ${plain} ${OMSERVE_PRECOMPILED_GRPC})
  omserve_precompiled(precompiled_test program ${plain} ${OMSERVE_PRECOMPILED_TEST})
  omserve_precompiled(precompiled_test_grpc program ${grpc} ${OMSERVE_PRECOMPILED_TEST})
  omserve_precompiled(precompiled_library library ${plain})
  omserve_precompiled(precompiled_library_grpc library ${grpc})
  foreach(kind IN ITEMS test library)
    target_link_libraries(precompiled_${kind}_grpc PRIVATE omserve::proto omserve::inference_proto)
  endforeach()
  omserve_precompile_directory("${CMAKE_SOURCE_DIR}")
endfunction()
