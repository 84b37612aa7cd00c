# SPDX-License-Identifier: Apache-2.0
#
# LLVM 19, asked from llvm-config: LLVM's own CMake package drags in a dozen development packages
# that hone does not use. Target hone_llvm carries the headers and the libraries.

find_program(HONE_LLVM_CONFIG NAMES llvm-config-19 REQUIRED
  DOC "llvm-config of LLVM 19 (Debian: package llvm-19-dev)")

function(_hone_llvm_config result)
  execute_process(COMMAND "${HONE_LLVM_CONFIG}" ${ARGN}
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  string(STRIP "${answer}" answer)
  set(${result} "${answer}" PARENT_SCOPE)
endfunction()

_hone_llvm_config(HONE_LLVM_VERSION --version)
if(NOT HONE_LLVM_VERSION MATCHES "^19\\.")
  message(FATAL_ERROR "${HONE_LLVM_CONFIG} is LLVM ${HONE_LLVM_VERSION}; hone needs LLVM 19")
endif()
_hone_llvm_config(_llvm_include --includedir)
_hone_llvm_config(_llvm_libdir --libdir)
if(HONE_STATIC_LLVM)
  _hone_llvm_config(_llvm_libs --link-static --libs x86 orcjit passes)
  _hone_llvm_config(_llvm_system --link-static --system-libs)
  separate_arguments(_llvm_libs)
  separate_arguments(_llvm_system)
else()
  set(_llvm_libs LLVM-19)
  set(_llvm_system "")
endif()

add_library(hone_llvm INTERFACE)
target_include_directories(hone_llvm SYSTEM INTERFACE "${_llvm_include}")
target_link_directories(hone_llvm INTERFACE "${_llvm_libdir}")
target_link_libraries(hone_llvm INTERFACE ${_llvm_libs} ${_llvm_system})
target_compile_definitions(hone_llvm INTERFACE
  __STDC_CONSTANT_MACROS __STDC_FORMAT_MACROS __STDC_LIMIT_MACROS)
