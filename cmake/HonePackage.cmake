# SPDX-License-Identifier: Apache-2.0
#
# The Python package. For developers: build/<preset>/python/<version>/hone is a folder of links to
# python/hone/* beside the built modules, so a change of a .py needs no build and
# PYTHONPATH=build/<preset>/python/<version> runs it. For users: the install rules that
# scikit-build-core calls for a wheel.

file(GLOB package_entries CONFIGURE_DEPENDS LIST_DIRECTORIES true
  "${PROJECT_SOURCE_DIR}/python/hone/*")
list(FILTER package_entries EXCLUDE REGEX "__pycache__$")
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

foreach(tag IN LISTS HONE_PYTHON_TAGS)
  set(package "${PROJECT_BINARY_DIR}/python/${tag}/hone")
  file(MAKE_DIRECTORY "${package}")
  file(GLOB stale LIST_DIRECTORIES true "${package}/*")
  foreach(entry IN LISTS stale)
    if(IS_SYMLINK "${entry}")
      file(REMOVE "${entry}")
    endif()
  endforeach()
  foreach(entry IN LISTS package_entries)
    get_filename_component(name "${entry}" NAME)
    file(CREATE_LINK "${entry}" "${package}/${name}" SYMBOLIC)
  endforeach()
  file(CREATE_LINK "${PROJECT_BINARY_DIR}/lib" "${package}/lib" SYMBOLIC)

  # `cmake --build . --target python-3.11.7`: all that one interpreter needs.
  get_property(modules GLOBAL PROPERTY HONE_MODULES_${tag})
  add_custom_target(python-${tag} DEPENDS ${modules})
  foreach(library layers hone_compiler_shared hone_replay hone_seal)
    if(TARGET ${library})
      add_dependencies(python-${tag} ${library})
    endif()
  endforeach()
endforeach()

# A wheel is for one interpreter, the first of the list.
if(HONE_PYTHON_TAGS)
  list(GET HONE_PYTHON_TAGS 0 tag)
  get_property(modules GLOBAL PROPERTY HONE_MODULES_${tag})
  if(modules)
    install(TARGETS ${modules} LIBRARY DESTINATION hone COMPONENT package)
  endif()
  foreach(library hone_compiler_shared hone_replay hone_seal)
    if(TARGET ${library})
      install(TARGETS ${library}
        LIBRARY DESTINATION hone/lib COMPONENT package
        RUNTIME DESTINATION hone/lib COMPONENT package)
    endif()
  endforeach()
endif()
