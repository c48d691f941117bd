# libwavu (shared and static), the program, and what `make install` leaves.

include(GNUInstallDirs)

set(WAVU_LIBRARY_OBJECTS "")
set(WAVU_LIBRARY_TARGETS "")
foreach(folder IN LISTS WAVU_FOLDERS)
  wavu_target("${folder}" target)
  if(folder MATCHES "^(sim|swarm|apps/.*)$" OR NOT TARGET ${target}_objects)
    continue()
  endif()
  list(APPEND WAVU_LIBRARY_OBJECTS $<TARGET_OBJECTS:${target}_objects>)
  list(APPEND WAVU_LIBRARY_TARGETS ${target}_objects)
endforeach()
file(GLOB public_headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/include/wavu/*.h")
set(WAVU_LIBRARY_EXTERNAL PkgConfig::UV PkgConfig::SODIUM PkgConfig::SQLCIPHER OpenSSL::SSL OpenSSL::Crypto ${CMAKE_DL_LIBS})

if(WAVU_LIBRARY_OBJECTS)
  add_library(wavu_shared SHARED ${WAVU_LIBRARY_OBJECTS})
  set_target_properties(wavu_shared PROPERTIES
    OUTPUT_NAME wavu LINKER_LANGUAGE C VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  target_link_libraries(wavu_shared PRIVATE wavu_flags ${WAVU_LIBRARY_EXTERNAL})
  if(NOT WAVU_SANITIZE AND NOT WAVU_FUZZ)
    target_link_options(wavu_shared PRIVATE -Wl,--no-undefined)
  endif()

  # The static library is one relocatable object whose hidden symbols are made local, so that the short names inside
  # (map_get, list_add) cannot meet those of the program that embeds it.
  set(one "${PROJECT_BINARY_DIR}/lib/wavu.o")
  set(archive "${PROJECT_BINARY_DIR}/lib/libwavu.a")
  add_custom_command(
    OUTPUT "${archive}"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${PROJECT_BINARY_DIR}/lib"
    COMMAND ${CMAKE_LINKER} -r -o "${one}" ${WAVU_LIBRARY_OBJECTS}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden "${one}"
    COMMAND ${CMAKE_COMMAND} -E rm -f "${archive}"
    COMMAND ${CMAKE_AR} rcs "${archive}" "${one}"
    DEPENDS ${WAVU_LIBRARY_OBJECTS} ${WAVU_LIBRARY_TARGETS}
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(wavu_static ALL DEPENDS "${archive}")

  install(TARGETS wavu_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES "${archive}" DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()

file(GLOB main_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/apps/wavu/main.c")
if(main_sources)
  add_executable(wavu ${main_sources})
  target_link_libraries(wavu PRIVATE wavu_warnings wavu_flags wavu_system wavu_apps_wavu wavu_node wavu_os)
  # The loader seeks each of some 8,000 symbols in one library after another: those that have most of them come first.
  # (As options, because CMake moves a library behind all that need it.)
  target_link_options(wavu PRIVATE
    "LINKER:--push-state,--no-as-needed" "${OPENSSL_CRYPTO_LIBRARY}" -lc "LINKER:--pop-state")
  set_target_properties(wavu PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  install(TARGETS wavu RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# The pkg-config file is written at installation, when the prefix is known for good.
foreach(which IN ITEMS LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${which}}")
    set(WAVU_PC_${which} "${CMAKE_INSTALL_${which}}")
  else()
    set(WAVU_PC_${which} "\${prefix}/${CMAKE_INSTALL_${which}}")
  endif()
endforeach()
configure_file("${PROJECT_SOURCE_DIR}/cmake/wavu.pc.in" "${PROJECT_BINARY_DIR}/wavu.pc.in" @ONLY)
install(CODE "
  file(READ \"${PROJECT_BINARY_DIR}/wavu.pc.in\" text)
  string(REPLACE \"%PREFIX%\" \"\${CMAKE_INSTALL_PREFIX}\" text \"\${text}\")
  file(WRITE \"${PROJECT_BINARY_DIR}/wavu.pc\" \"\${text}\")")
install(FILES "${PROJECT_BINARY_DIR}/wavu.pc" DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/" DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${public_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/wavu)
foreach(section IN ITEMS 3 5 7)
  file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/*.${section}")
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# Units of systemd, for the machine and for one person; they name the program where it is installed.
foreach(kind IN ITEMS system user)
  set(unit "${PROJECT_SOURCE_DIR}/dist/systemd/wavu.service")
  if(kind STREQUAL "user")
    set(unit "${PROJECT_SOURCE_DIR}/dist/systemd/user/wavu.service")
  endif()
  install(CODE "
    file(READ \"${unit}\" text)
    string(REPLACE \"/usr/bin/wavu\" \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/wavu\" text \"\${text}\")
    file(WRITE \"${PROJECT_BINARY_DIR}/systemd/${kind}/wavu.service\" \"\${text}\")")
  install(FILES "${PROJECT_BINARY_DIR}/systemd/${kind}/wavu.service" DESTINATION lib/systemd/${kind})
endforeach()

install(FILES "${PROJECT_SOURCE_DIR}/dist/grafana/wavu.json" DESTINATION ${CMAKE_INSTALL_DATADIR}/wavu/grafana)

# A page for each command, made of the program's tables, and one for each public function, made of the headers' own words.
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND AND main_sources)
  install(CODE "
    execute_process(
      COMMAND \"${Python3_EXECUTABLE}\" \"${PROJECT_SOURCE_DIR}/tools/man_commands.py\" \"${PROJECT_BINARY_DIR}/bin/wavu\"
              \"${PROJECT_SOURCE_DIR}/docs/man/wavu.1\" \"${PROJECT_BINARY_DIR}/man1\"
      COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY "${PROJECT_BINARY_DIR}/man1/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
else()
  install(FILES "${PROJECT_SOURCE_DIR}/docs/man/wavu.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# What the shells read for their Tab key, where each looks for it; Debian's zsh looks in vendor-completions.
set(WAVU_ZSH_DIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING "Where zsh looks for completions")
if(main_sources)
  foreach(shell IN ITEMS bash zsh fish)
    install(CODE "
      execute_process(
        COMMAND \"${PROJECT_BINARY_DIR}/bin/wavu\" completion ${shell}
        OUTPUT_FILE \"${PROJECT_BINARY_DIR}/completion.${shell}\" COMMAND_ERROR_IS_FATAL ANY)")
  endforeach()
  install(FILES "${PROJECT_BINARY_DIR}/completion.bash" RENAME wavu
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES "${PROJECT_BINARY_DIR}/completion.zsh" RENAME _wavu DESTINATION ${WAVU_ZSH_DIR})
  install(FILES "${PROJECT_BINARY_DIR}/completion.fish" RENAME wavu.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

if(Python3_FOUND)
  install(CODE "
    execute_process(
      COMMAND \"${Python3_EXECUTABLE}\" \"${PROJECT_SOURCE_DIR}/tools/man.py\" \"${PROJECT_SOURCE_DIR}/include/wavu\"
              \"${PROJECT_BINARY_DIR}/man3\"
      COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY "${PROJECT_BINARY_DIR}/man3/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 FILES_MATCHING PATTERN "*.3")
endif()
