# SPDX-License-Identifier: Apache-2.0
#
# The interpreters a build folder serves. HONE_PYTHONS is a list of executables; without it the one
# in Python_EXECUTABLE (scikit-build-core sets it), else the first python3 on PATH. "none" builds
# the Python-free rooms only. CMake's FindPython knows one interpreter a folder, so the few facts an
# extension module needs are asked for directly.
#
# Sets HONE_PYTHON_TAGS (one tag an interpreter: its full version) and for each tag
# HONE_PYTHON_<tag>_{EXECUTABLE,INCLUDE,SUFFIX,LIBRARY,PREFIX}.

set(HONE_PYTHONS "" CACHE STRING "Interpreters to build for (a list of executables), or none")

set(_hone_pythons "${HONE_PYTHONS}")
if(NOT _hone_pythons)
  if(Python_EXECUTABLE)
    set(_hone_pythons "${Python_EXECUTABLE}")
  elseif(Python3_EXECUTABLE)
    set(_hone_pythons "${Python3_EXECUTABLE}")
  else()
    find_program(HONE_DEFAULT_PYTHON NAMES python3 REQUIRED)
    set(_hone_pythons "${HONE_DEFAULT_PYTHON}")
  endif()
endif()

set(HONE_PYTHON_TAGS "")
if(NOT _hone_pythons STREQUAL "none")
  foreach(executable IN LISTS _hone_pythons)
    execute_process(
      COMMAND "${executable}" -I "${PROJECT_SOURCE_DIR}/tools/describe_python.py"
      OUTPUT_VARIABLE facts ERROR_VARIABLE problem RESULT_VARIABLE status
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_STRIP_TRAILING_WHITESPACE)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "hone can't be built for ${executable}: ${problem}")
    endif()
    string(REPLACE "\n" ";" facts "${facts}")
    list(POP_FRONT facts tag include suffix library prefix)
    if(NOT tag IN_LIST HONE_PYTHON_TAGS)
      list(APPEND HONE_PYTHON_TAGS "${tag}")
      set(HONE_PYTHON_${tag}_EXECUTABLE "${executable}")
      set(HONE_PYTHON_${tag}_INCLUDE "${include}")
      set(HONE_PYTHON_${tag}_SUFFIX "${suffix}")
      set(HONE_PYTHON_${tag}_LIBRARY "${library}")
      set(HONE_PYTHON_${tag}_PREFIX "${prefix}")
      message(STATUS "Python ${tag}: ${executable}")
    endif()
  endforeach()
endif()
