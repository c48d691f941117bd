# Parts of the program that are built where their libraries are found.
#
# In:  wavu_optional(NAME "what it is" MODULE...): pkg-config modules that it needs, all of them.
# Out: the option WAVU_<NAME> (ON), <NAME>_FOUND, PkgConfig::<NAME>, and WAVU_OPTIONAL_DEFINITIONS with
#      WAVU_HAS_<NAME> for all sources in apps/ when it is built.

set(WAVU_OPTIONAL_DEFINITIONS "")

macro(wavu_optional name what)
  option(WAVU_${name} "Build ${what}, where its libraries are found" ON)
  if(WAVU_${name})
    pkg_check_modules(${name} IMPORTED_TARGET ${ARGN})
    if(${name}_FOUND)
      list(APPEND WAVU_OPTIONAL_DEFINITIONS WAVU_HAS_${name})
    else()
      message(STATUS "without ${what}: ${ARGN} not found")
    endif()
  else()
    set(${name}_FOUND FALSE)
  endif()
endmacro()
