# Sources that want more of the compiler than the others.

# <x>_avx2.c: code for processors that have AVX2. Who calls it has asked the processor first; on other kinds of
# machines these files are empty.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  file(GLOB avx2_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*/*_avx2.c")
  set_source_files_properties(${avx2_sources} PROPERTIES COMPILE_OPTIONS "-mavx2")
endif()

# Loops that gcc turns into vectors only at -O3.
foreach(stem IN ITEMS mlkem_ntt mlkem_pack mlkem_poly)
  set_source_files_properties("${PROJECT_SOURCE_DIR}/src/crypto/${stem}.c" PROPERTIES
    COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
endforeach()
