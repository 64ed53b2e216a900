# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# libascendcl.so as earlier CANN releases have it: the same objects, without the newer functions,
# so that dlsym does not find them. A program meets one of them by the path of its library folder:
# lib64-8.0, lib64-8.1, lib64-8.3, lib64-8.5; lib64 has all (9.0). Built on demand, by the target
# ascendcl_releases.
set(hostacl_since "${CMAKE_CURRENT_SOURCE_DIR}/src/api_since.txt")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${hostacl_since}")
file(STRINGS "${hostacl_since}" since_lines REGEX "^[0-9]")
add_custom_target(ascendcl_releases)

# What a library says of itself differs: one object for each.
function(hostacl_add_release library release)
  string(REPLACE "." "" number "${release}")
  add_library(hostacl_release-${release} OBJECT src/release.cc)
  target_compile_definitions(hostacl_release-${release} PRIVATE HOSTACL_RELEASE=${number})
  target_link_libraries(hostacl_release-${release} PRIVATE omserve::warnings)
  set_target_properties(hostacl_release-${release} PROPERTIES CXX_VISIBILITY_PRESET hidden)
  target_sources(${library} PRIVATE $<TARGET_OBJECTS:hostacl_release-${release}>)
endfunction()
hostacl_add_release(ascendcl 9.0)

foreach(release IN ITEMS 8.0 8.1 8.3 8.5)
  set(hidden "")
  foreach(line IN LISTS since_lines)
    string(REPLACE " " ";" parts "${line}")
    list(GET parts 0 since)
    list(GET parts 1 name)
    if(since VERSION_GREATER release)
      string(APPEND hidden "    ${name};\n")
    endif()
  endforeach()
  set(map "${CMAKE_CURRENT_BINARY_DIR}/exports-${release}.map")
  file(CONFIGURE OUTPUT "${map}" CONTENT "{\n  global: acl*; hostaclVersion;\n  local:\n${hidden}    *;\n};\n")
  set(library ascendcl-${release})
  add_library(${library} SHARED EXCLUDE_FROM_ALL $<TARGET_OBJECTS:ascendcl>)
  hostacl_add_release(${library} ${release})
  target_link_libraries(${library} PRIVATE hostacl_devices hostacl_engine hostacl_om openvino::runtime Threads::Threads)
  set_target_properties(${library} PROPERTIES
    LINKER_LANGUAGE CXX OUTPUT_NAME ascendcl
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/lib64-${release}")
  target_link_options(${library} PRIVATE
    "LINKER:--version-script=${map}" "LINKER:--exclude-libs,ALL")
  set_property(TARGET ${library} APPEND PROPERTY BUILD_RPATH "${openvino_libs}")
  add_dependencies(ascendcl_releases ${library})
endforeach()
