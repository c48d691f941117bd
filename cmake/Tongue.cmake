# Catalogues of the program's texts: po/<language>.po becomes share/locale/<language>/LC_MESSAGES/wavu.mo.
#
# In:  po/*.po. Out: the target wavu_tongues, the files in the build's share/locale (where the program looks beside
#      itself) and their installation. Without msgfmt (of gettext) the program speaks English alone.

find_program(WAVU_MSGFMT msgfmt)
file(GLOB catalogues CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/po/*.po")
if(NOT WAVU_MSGFMT)
  message(STATUS "without translations: msgfmt not found")
  return()
endif()
set(made "")
foreach(catalogue IN LISTS catalogues)
  get_filename_component(language "${catalogue}" NAME_WE)
  set(folder "${PROJECT_BINARY_DIR}/share/locale/${language}/LC_MESSAGES")
  add_custom_command(
    OUTPUT "${folder}/wavu.mo"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${folder}"
    COMMAND "${WAVU_MSGFMT}" --check-format -o "${folder}/wavu.mo" "${catalogue}"
    DEPENDS "${catalogue}" VERBATIM)
  list(APPEND made "${folder}/wavu.mo")
  install(FILES "${folder}/wavu.mo" DESTINATION "${CMAKE_INSTALL_LOCALEDIR}/${language}/LC_MESSAGES")
endforeach()
add_custom_target(wavu_tongues ALL DEPENDS ${made})
if(TARGET wavu)
  add_dependencies(wavu wavu_tongues)
endif()
