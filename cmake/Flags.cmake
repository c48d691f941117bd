# Compiler flags: wavu_flags (everything, also what links), wavu_warnings (our own sources).

include(CheckCCompilerFlag)

option(WAVU_WERROR "Warnings are errors" OFF)
set(WAVU_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread ...")
option(WAVU_FUZZ "Build the libFuzzer fuzzers (clang) instead of their smoke drivers" OFF)
option(WAVU_COVERAGE "Instrument for coverage" OFF)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The library is ISO C11; what speaks to the system (os/, apps/, tests, benchmarks) says so by this one.
add_library(wavu_system INTERFACE)
target_compile_definitions(wavu_system INTERFACE _GNU_SOURCE)

add_library(wavu_flags INTERFACE)
target_include_directories(wavu_flags INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/apps"
  "${PROJECT_SOURCE_DIR}")
target_compile_options(wavu_flags INTERFACE -ffunction-sections -fdata-sections)
target_link_options(wavu_flags INTERFACE -Wl,--gc-sections)

# Adds `flag` to wavu_flags when the compiler knows it.
function(wavu_flag_if_known flag)
  string(MAKE_C_IDENTIFIER "WAVU_HAS_${flag}" variable)
  check_c_compiler_flag("${flag}" ${variable})
  if(${variable})
    target_compile_options(wavu_flags INTERFACE "${flag}")
  endif()
endfunction()

# Hardening. _FORTIFY_SOURCE needs optimisation and does not go with sanitizers, which see more.
wavu_flag_if_known(-fstack-protector-strong)
wavu_flag_if_known(-fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|i.86)$")
  wavu_flag_if_known(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  wavu_flag_if_known(-mbranch-protection=standard)
endif()
if(NOT WAVU_SANITIZE AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_options(wavu_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
target_link_options(wavu_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

if(WAVU_SANITIZE)
  target_compile_options(wavu_flags INTERFACE
    -fsanitize=${WAVU_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(wavu_flags INTERFACE -fsanitize=${WAVU_SANITIZE})
endif()
if(WAVU_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WAVU_FUZZ needs clang (libFuzzer); use the preset 'fuzz'")
  endif()
  target_compile_options(wavu_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(wavu_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WAVU_COVERAGE)
  target_compile_options(wavu_flags INTERFACE --coverage)
  target_link_options(wavu_flags INTERFACE --coverage)
endif()

add_library(wavu_warnings INTERFACE)
target_compile_options(wavu_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wswitch-enum -Wformat=2 -Wundef -Wcast-qual -Wpointer-arith -Wwrite-strings -Wold-style-definition
  -Wimplicit-fallthrough)
if(WAVU_SANITIZE OR WAVU_FUZZ OR WAVU_COVERAGE)
  # The extra branches of instrumented code make gcc's flow analysis see paths that the source does not have.
  target_compile_options(wavu_warnings INTERFACE -Wno-null-dereference)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(wavu_warnings INTERFACE
      -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
  endif()
else()
  target_compile_options(wavu_warnings INTERFACE -Wnull-dereference)
endif()
if(WAVU_WERROR)
  target_compile_options(wavu_warnings INTERFACE -Werror)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    # What gcc guesses from its optimiser's paths differs from version to version, and has false alarms of its own in
    # each. gcc 12's guesses are errors, newer ones are shown: a newer compiler shall not stop anybody's build.
    target_compile_options(wavu_warnings INTERFACE
      -Wno-error=stringop-overflow -Wno-error=stringop-overread -Wno-error=array-bounds -Wno-error=null-dereference
      -Wno-error=maybe-uninitialized -Wno-error=free-nonheap-object -Wno-error=dangling-pointer -Wno-error=use-after-free)
  endif()
endif()
