# SPDX-License-Identifier: Apache-2.0
#
# hone_room(NAME [PYTHON] [DEPENDS room...] [EXCLUDE folder...]): the static library of one room,
# made of every .cpp below the calling folder. A PYTHON room is built once per interpreter and its
# target is hone_NAME_<tag>; any other is built once and is hone_NAME. A room without sources is an
# empty target, so that its users still configure.

# Every source below the calling folder, except in the folders named in ARGN.
function(hone_glob result)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*.c"
    "${CMAKE_CURRENT_SOURCE_DIR}/*.S")
  foreach(folder IN LISTS ARGN)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
  endforeach()
  set(${result} "${sources}" PARENT_SCOPE)
endfunction()

# One library TARGET with SOURCES that uses LINK.
function(_hone_room_library target sources link)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC hone_flags ${link})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE hone_flags ${link})
  endif()
endfunction()

# The Python-free rooms, whose targets have no tag.
set(HONE_NATIVE_ROOMS base ir compiler)

# The target names of ROOMS as seen from the interpreter TAG ("" = none).
function(hone_room_targets result tag)
  set(targets "")
  foreach(room IN LISTS ARGN)
    if(room IN_LIST HONE_NATIVE_ROOMS)
      list(APPEND targets hone_${room})
    else()
      list(APPEND targets hone_${room}_${tag})
    endif()
  endforeach()
  set(${result} "${targets}" PARENT_SCOPE)
endfunction()

# Compile and include settings for code that sees Python.h of the interpreter TAG.
function(hone_use_python target tag)
  get_target_property(kind ${target} TYPE)
  set(scope PUBLIC)
  if(kind STREQUAL "INTERFACE_LIBRARY")
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} SYSTEM ${scope} "${HONE_PYTHON_${tag}_INCLUDE}")
endfunction()

function(hone_room name)
  cmake_parse_arguments(ROOM "PYTHON" "" "DEPENDS;EXCLUDE" ${ARGN})
  hone_glob(sources ${ROOM_EXCLUDE})
  if(NOT ROOM_PYTHON)
    hone_room_targets(link "" ${ROOM_DEPENDS})
    _hone_room_library(hone_${name} "${sources}" "${link}")
    return()
  endif()
  foreach(tag IN LISTS HONE_PYTHON_TAGS)
    hone_room_targets(link ${tag} ${ROOM_DEPENDS})
    _hone_room_library(hone_${name}_${tag} "${sources}" "${link}")
    hone_use_python(hone_${name}_${tag} ${tag})
  endforeach()
endfunction()
