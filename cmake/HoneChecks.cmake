# SPDX-License-Identifier: Apache-2.0
#
# The arrows between rooms (tools/layers.toml) are checked by every build and, as a test, by ctest.

find_program(HONE_TOOL_PYTHON NAMES python3 REQUIRED DOC "Python 3.11 or later for tools/")

file(GLOB_RECURSE layered_files CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/src/*.h" "${PROJECT_SOURCE_DIR}/src/*.cpp" "${PROJECT_SOURCE_DIR}/src/*.c"
  "${PROJECT_SOURCE_DIR}/src/*.def" "${PROJECT_SOURCE_DIR}/python/hone/*.py")
set(layers_stamp "${PROJECT_BINARY_DIR}/layers.stamp")
add_custom_command(
  OUTPUT "${layers_stamp}"
  COMMAND "${HONE_TOOL_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/check_layers.py"
  COMMAND "${CMAKE_COMMAND}" -E touch "${layers_stamp}"
  DEPENDS ${layered_files}
    "${PROJECT_SOURCE_DIR}/tools/check_layers.py" "${PROJECT_SOURCE_DIR}/tools/layers.toml"
  COMMENT "Checking the arrows between rooms")
add_custom_target(layers ALL DEPENDS "${layers_stamp}")
