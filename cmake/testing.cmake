# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# omserve_tsan_tests(<test>...): CI also builds and runs these tests under ThreadSanitizer.
# Puts the label `tsan` on each of them, and their programs and libraries into the target
# tsan_tests: `cmake --build build/tsan --target tsan_tests && ctest --test-dir build/tsan -L tsan`.
add_custom_target(tsan_tests)
function(omserve_tsan_tests)
  foreach(test IN LISTS ARGN)
    set_property(TEST ${test} APPEND PROPERTY LABELS tsan)
    add_dependencies(tsan_tests ${test})
  endforeach()
endfunction()

# omserve_test(NAME <name> SOURCES <files> LIBS <targets> [LABEL unit|integration] [TIMEOUT <s>])
# One GoogleTest program, registered with ctest as one test.
function(omserve_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;LIBS;ENV" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(OMSERVE_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")
  endif()
  # The engine inside hostacl keeps some memory until the end of the process.
  list(APPEND ARG_ENV "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/hostacl/lsan.supp"
                      "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/hostacl/tsan.supp")
  if(OMSERVE_SANITIZE)
    # Debian's TBB (OpenCV's) opens a library with RTLD_DEEPBIND, which ASan refuses; the engine's
    # own, newer TBB does not, and serves both.
    list(APPEND ARG_ENV "LD_LIBRARY_PATH=${OMSERVE_OPENVINO_DIR}/../libs")
  endif()
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gmock
                        GTest::gtest_main omserve::warnings)
  target_include_directories(${ARG_NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT "${ARG_ENV}")
endfunction()
