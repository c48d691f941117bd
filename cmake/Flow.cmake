# The program behind tests/house/flow.sh: the whole library once more, every function instrumented and none inlined,
# so that docs/FLOW.md can be held against a real walk of a message.
file(GLOB flow_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/base/*.c" "${PROJECT_SOURCE_DIR}/src/crypto/*.c"
  "${PROJECT_SOURCE_DIR}/src/mux/*.c" "${PROJECT_SOURCE_DIR}/src/transport/*.c" "${PROJECT_SOURCE_DIR}/src/net/*.c"
  "${PROJECT_SOURCE_DIR}/src/overlay/*.c" "${PROJECT_SOURCE_DIR}/src/sim/*.c")
add_executable(flow_trace "${PROJECT_SOURCE_DIR}/tests/house/flow_trace.c"
  "${PROJECT_SOURCE_DIR}/tests/support/net_ear.c" "${PROJECT_SOURCE_DIR}/tests/support/net_world.c"
  "${PROJECT_SOURCE_DIR}/tests/support/overlay_stand.c" ${flow_sources})
target_link_libraries(flow_trace PRIVATE wavu_flags wavu_system PkgConfig::SODIUM OpenSSL::SSL OpenSSL::Crypto)
target_compile_options(flow_trace PRIVATE -O0 -fno-inline -finstrument-functions)
set_target_properties(flow_trace PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tools")
add_dependencies(tests flow_trace)
