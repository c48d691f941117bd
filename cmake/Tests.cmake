# Tests, fuzzers and benchmarks, found by their place in the tree.
#
#   tests/<folder>/<x>_test.c   <folder>_<x>_test   linked with that folder and what it may include; from transport
#                                                   on also with os and sim, so that both worlds can be given to it.
#                                                   A folder that LAYERS does not name is linked with everything.
#                                                   A function __wrap_f in it stands in for every call of f across files.
#   tests/<folder>/<x>_tool.c   <folder>_<x>_tool   as above, without cmocka: a program that a test script drives
#   tests/fuzz/<x>_fuzz.c       <x>_fuzz            with libFuzzer, in the fuzz preset
#                               <x>_fuzz_smoke      elsewhere: replays the corpus and runs seeded mutations of it
#   bench/<x>.c                 bench_<x>
#   tests/support/*.c           a library that all of them may use
#   examples/modules/<x>.c      modules/<x>.so, and tests/support/modules/odd.c one for each way to be no good one;
#                               WAVU_TEST_MODULES names the folder

set(WAVU_EVERYTHING "")
foreach(folder IN LISTS WAVU_FOLDERS)
  if(NOT folder MATCHES "^apps/|^pub$")
    wavu_target("${folder}" target)
    list(APPEND WAVU_EVERYTHING ${target})
  endif()
endforeach()

file(GLOB support_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/support/*.c")
if(support_sources)
  add_library(wavu_test_support STATIC EXCLUDE_FROM_ALL ${support_sources})
  target_link_libraries(wavu_test_support PRIVATE wavu_warnings wavu_system PUBLIC wavu_flags ${WAVU_EVERYTHING})
else()
  add_library(wavu_test_support INTERFACE)
endif()

# The targets that a test of `folder` links with.
function(wavu_test_links folder out)
  if(NOT folder IN_LIST WAVU_FOLDERS OR folder STREQUAL "pub")
    set(${out} "${WAVU_EVERYTHING}" PARENT_SCOPE)
    return()
  endif()
  wavu_target("${folder}" target)
  set(links ${target})
  list(FIND WAVU_FOLDERS "${folder}" place)
  list(FIND WAVU_FOLDERS "transport" transport)
  if(place GREATER_EQUAL transport)
    foreach(world IN ITEMS os sim)
      if(world IN_LIST WAVU_FOLDERS)
        list(APPEND links wavu_${world})
      endif()
    endforeach()
  endif()
  if(folder STREQUAL "embed") # it stands on the public headers: whatever is behind them
    list(APPEND links ${WAVU_EVERYTHING})
  endif()
  if(folder MATCHES "^apps/")
    list(APPEND links ${WAVU_EVERYTHING} PkgConfig::JANSSON) # to read again what they say
  endif()
  set(${out} "${links}" PARENT_SCOPE)
endfunction()

# One program from one source file.
function(wavu_program name source directory)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE wavu_warnings wavu_flags wavu_system ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${directory}")
endfunction()

# One module, as its author would build it: with the public headers, and without the library.
function(wavu_module name source)
  add_library(wavu_module_${name} MODULE "${source}")
  target_link_libraries(wavu_module_${name} PRIVATE wavu_warnings wavu_flags)
  if(ARGN)
    target_compile_definitions(wavu_module_${name} PRIVATE ${ARGN})
  endif()
  set_target_properties(wavu_module_${name} PROPERTIES PREFIX "" OUTPUT_NAME "${name}"
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/modules")
  add_dependencies(tests wavu_module_${name})
endfunction()

add_custom_target(tests)
file(GLOB module_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/modules/*.c")
foreach(source IN LISTS module_sources)
  get_filename_component(stem "${source}" NAME_WE)
  wavu_module(${stem} "${source}")
endforeach()
foreach(odd IN ITEMS no_entry major init good)
  string(TOUPPER "${odd}" upper)
  wavu_module(odd_${odd} "${PROJECT_SOURCE_DIR}/tests/support/modules/odd.c" ODD_${upper})
endforeach()
add_custom_target(fuzzers)
add_custom_target(benchmarks)

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/tests"
  "${PROJECT_SOURCE_DIR}/tests/*_test.c" "${PROJECT_SOURCE_DIR}/tests/*_tool.c")
list(FILTER test_sources EXCLUDE REGEX "^(interop|fuzz|support)/|node_modules")
if(NOT TUI_FOUND)
  list(FILTER test_sources EXCLUDE REGEX "^apps/tui/")
endif()
if(NOT SHELL_FOUND)
  list(FILTER test_sources EXCLUDE REGEX "^apps/shell/")
endif()
foreach(source IN LISTS test_sources)
  get_filename_component(folder "${source}" DIRECTORY)
  get_filename_component(stem "${source}" NAME_WE)
  string(REPLACE "/" "_" prefix "${folder}")
  wavu_test_links("${folder}" links)
  set(name "${prefix}_${stem}")
  if(source MATCHES "_test\\.c$")
    set(cmocka PkgConfig::CMOCKA)
    set(directory tests)
  else()
    set(cmocka "")
    set(directory tools)
  endif()
  wavu_program(${name} "${PROJECT_SOURCE_DIR}/tests/${source}" ${directory}
    wavu_test_support ${links} ${cmocka})
  target_compile_definitions(${name} PRIVATE
    WAVU_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/${folder}"
    WAVU_TEST_MODULES="${PROJECT_BINARY_DIR}/modules")
  if(folder MATCHES "^apps/")
    target_compile_definitions(${name} PRIVATE ${WAVU_OPTIONAL_DEFINITIONS})
  endif()
  file(STRINGS "${PROJECT_SOURCE_DIR}/tests/${source}" wraps REGEX "^[a-z].*__wrap_[a-z0-9_]+\\(")
  foreach(line IN LISTS wraps)
    string(REGEX REPLACE ".*__wrap_([a-z0-9_]+)\\(.*" "\\1" wrapped "${line}")
    target_link_options(${name} PRIVATE "LINKER:--wrap=${wrapped}")
  endforeach()
  add_dependencies(tests ${name})
endforeach()

# Fuzzers also reach what the programs parse: control sockets, web pages, the shell, the screen.
set(fuzz_links wavu_test_support ${WAVU_EVERYTHING})
foreach(folder IN ITEMS apps/rpc apps/talk apps/daemon apps/shell apps/tui apps/p2pd)
  if("${folder}" IN_LIST WAVU_FOLDERS)
    wavu_target("${folder}" target)
    list(PREPEND fuzz_links ${target})
  endif()
endforeach()
file(GLOB fuzz_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/fuzz/*_fuzz.c")
if(NOT TUI_FOUND)
  list(FILTER fuzz_sources EXCLUDE REGEX "/(glyph|input)_fuzz\\.c$")
endif()
if(NOT SHELL_FOUND)
  list(FILTER fuzz_sources EXCLUDE REGEX "/(words|shell_history)_fuzz\\.c$")
endif()
foreach(source IN LISTS fuzz_sources)
  get_filename_component(stem "${source}" NAME_WE)
  if(WAVU_FUZZ)
    wavu_program(${stem} "${source}" fuzz ${fuzz_links})
    target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${stem})
  else()
    wavu_program(${stem}_smoke "${source}" tests ${fuzz_links})
    target_sources(${stem}_smoke PRIVATE "${PROJECT_SOURCE_DIR}/tools/fuzz_smoke.c")
    string(REGEX REPLACE "_fuzz$" "" name "${stem}")
    target_compile_definitions(${stem}_smoke PRIVATE
      FUZZ_CORPUS="${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}" FUZZ_NAME="${name}")
    add_dependencies(tests ${stem}_smoke)
    add_dependencies(fuzzers ${stem}_smoke)
  endif()
endforeach()

file(GLOB bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.c")
foreach(source IN LISTS bench_sources)
  get_filename_component(stem "${source}" NAME_WE)
  wavu_program(bench_${stem} "${source}" bench wavu_test_support ${WAVU_EVERYTHING})
  set_target_properties(bench_${stem} PROPERTIES EXCLUDE_FROM_ALL ON)
  add_dependencies(benchmarks bench_${stem})
endforeach()

# tests/interop/<x>.c -> bin/wavu_<x>: wavu's side of the interop tests, beside the program itself.
file(GLOB interop_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/interop/*.c")
foreach(source IN LISTS interop_sources)
  get_filename_component(stem "${source}" NAME_WE)
  wavu_program(wavu_${stem} "${source}" bin wavu_test_support ${WAVU_EVERYTHING})
  add_dependencies(tests wavu_${stem})
endforeach()
