# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
# Warnings are errors, always, for our own targets; generated code does not link this.
add_library(omserve_warnings INTERFACE)
add_library(omserve::warnings ALIAS omserve_warnings)
target_compile_options(omserve_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast
  -Wimplicit-fallthrough -Wunused-result -Wthread-safety -Werror)
