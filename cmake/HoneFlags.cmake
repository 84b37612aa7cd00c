# SPDX-License-Identifier: Apache-2.0
#
# Options, compiler and linker flags: everything that holds for every room.

option(HONE_TESTS "Build the C++ unit tests and the link tests" ON)
option(HONE_WERROR "Treat warnings as errors" ON)
option(HONE_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(HONE_STATIC_LLVM "Link LLVM's static archives (releases) instead of its shared library" OFF)
option(HONE_PCH "Precompiled header for the files that include LLVM" OFF)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 17)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()
# -g1 keeps function names and lines in backtraces at a third of the size of -g.
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELWITHDEBINFO "-O2 -g1")
  set(CMAKE_${language}_FLAGS_RELEASE "-O2")
endforeach()

add_library(hone_flags INTERFACE)
# A designated initialiser names what differs from the defaults; the rest is meant to be missing.
target_compile_options(hone_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -fno-plt -fno-semantic-interposition)
if(HONE_WERROR)
  target_compile_options(hone_flags INTERFACE -Werror)
endif()
if(HONE_SANITIZE)
  target_compile_options(hone_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hone_flags INTERFACE -fsanitize=address,undefined)
endif()
target_include_directories(hone_flags INTERFACE "${PROJECT_SOURCE_DIR}/src")

find_program(HONE_CCACHE NAMES ccache)
if(HONE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness lets ccache answer for files that use a precompiled header.
  set(launcher "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${HONE_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# lld links several times faster than bfd. GCC takes only the names it knows, so ld.lld-19 is
# offered through -B and a folder with a link of the plain name.
find_program(HONE_LLD NAMES ld.lld-19 ld.lld)
if(HONE_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(lld_folder "${PROJECT_BINARY_DIR}/linker")
  file(MAKE_DIRECTORY "${lld_folder}")
  file(CREATE_LINK "${HONE_LLD}" "${lld_folder}/ld.lld" SYMBOLIC)
  include(CheckLinkerFlag)
  check_linker_flag(CXX "-B${lld_folder};-fuse-ld=lld" HONE_LLD_WORKS)
  if(HONE_LLD_WORKS)
    add_link_options("-B${lld_folder}" -fuse-ld=lld)
  endif()
endif()
