# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# omserve_link_grpc_archives(<program>): has gRPC and Abseil within it, where their archives are there.
# Without, a small request costs a tenth more, for the way from one shared library to the next. The
# image's bill of materials names them (deploy/image/collect.sh). Not under a sanitizer, which wants
# to see one copy of everything; not for another machine, whose packages dpkg knows nothing of.
pkg_check_modules(grpc_archives REQUIRED grpc++)
set(OMSERVE_GRPC_ARCHIVES "")
foreach(library IN ITEMS grpc++_reflection LISTS grpc_archives_STATIC_LIBRARIES)
  if(library MATCHES "^(grpc|gpr|absl_|upb|address_sorting)" AND NOT OMSERVE_SANITIZE AND
     NOT CMAKE_CROSSCOMPILING)
    find_library(OMSERVE_ARCHIVE_${library} NAMES lib${library}.a)
    list(APPEND OMSERVE_GRPC_ARCHIVES ${OMSERVE_ARCHIVE_${library}})
  endif()
endforeach()
list(REMOVE_DUPLICATES OMSERVE_GRPC_ARCHIVES)
if(OMSERVE_GRPC_ARCHIVES MATCHES "NOTFOUND")
  set(OMSERVE_GRPC_ARCHIVES "")
endif()

function(omserve_link_grpc_archives program)
  target_link_libraries(${program} PRIVATE ${OMSERVE_GRPC_ARCHIVES})
  # What is in the archives is not needed a second time.
  target_link_options(${program} PRIVATE LINKER:--as-needed)
endfunction()
