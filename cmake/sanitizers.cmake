# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
if(OMSERVE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined -shared-libsan)
elseif(OMSERVE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread -shared-libsan)
elseif(NOT OMSERVE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "OMSERVE_SANITIZE is '${OMSERVE_SANITIZE}'; use address, thread or nothing")
endif()
if(OMSERVE_SANITIZE)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libclang_rt.asan-${CMAKE_HOST_SYSTEM_PROCESSOR}.so
                  OUTPUT_VARIABLE OMSERVE_SANITIZER_RUNTIME OUTPUT_STRIP_TRAILING_WHITESPACE)
  get_filename_component(OMSERVE_SANITIZER_DIR ${OMSERVE_SANITIZER_RUNTIME} DIRECTORY)
  list(APPEND CMAKE_BUILD_RPATH ${OMSERVE_SANITIZER_DIR})
endif()
