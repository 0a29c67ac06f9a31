# What `make install` writes, and for packagers each part of it alone, `cmake --install BUILD
# --component NAME`: command (with its man pages and completion), library (the shared one),
# development (headers, the static library, what tells other builds of them: pkg-config and CMake),
# documents, models. tools/check_install.sh tries all of it.
install(TARGETS ingot COMPONENT command)
if(TARGET documents)
  set(INGOT_ZSH_COMPLETIONS ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
      "Where zsh looks for completion, below the prefix")
  set(completion ${CMAKE_BINARY_DIR}/completion)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
          COMPONENT command)
  install(FILES ${completion}/bash COMPONENT command RENAME ingot
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completion}/zsh COMPONENT command RENAME _ingot
          DESTINATION ${INGOT_ZSH_COMPLETIONS})
  install(FILES ${completion}/fish COMPONENT command RENAME ingot.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
foreach(part command library development)  # whoever gets one of them gets the licence
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT ${part})
endforeach()
install(TARGETS ingot_shared EXPORT ingotTargets
        RUNTIME COMPONENT library
        LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS ingot_static EXPORT ingotStaticTargets COMPONENT development)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.h")

# ---- pkg-config ----
# Relative to where the .pc file lies, so that an installed tree can be moved and
# `cmake --install --prefix` is honoured.
file(RELATIVE_PATH IG_PC_TO_PREFIX
     ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
# For static linking. Not as Requires.private: their compiler flags would become those of every
# program.
set(IG_PC_LIBRARIES
    ${SENTENCEPIECE_LDFLAGS} ${JANSSON_LDFLAGS} ${YAML_LDFLAGS} ${UTF8PROC_LDFLAGS}
    ${ZLIB_LDFLAGS} ${XXHASH_LDFLAGS} ${NETTLE_LDFLAGS} ${EXPAT_LDFLAGS})
set(IG_ICU_MODULE "")
if(ICU_FOUND AND INGOT_ICU)
  list(APPEND IG_PC_LIBRARIES ${ICU_LDFLAGS})
  set(IG_ICU_MODULE ICU:icu-uc)
endif()
foreach(runtime IN LISTS IG_CXX_RUNTIME)
  list(APPEND IG_PC_LIBRARIES -l${runtime})
endforeach()
list(JOIN IG_PC_LIBRARIES " " IG_PC_LIBRARIES)
configure_file(ingot.pc.in ingot.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/ingot.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT development)

# ---- find_package(ingot): ingot::ingot and, where its dependencies are found, ingot::ingot_static
include(CMakePackageConfigHelpers)
set(IG_CMAKE_DIRECTORY ${CMAKE_INSTALL_LIBDIR}/cmake/ingot)
configure_package_config_file(cmake/ingotConfig.cmake.in ${CMAKE_BINARY_DIR}/ingotConfig.cmake
                              INSTALL_DESTINATION ${IG_CMAKE_DIRECTORY})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/ingotConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ingotConfig.cmake ${CMAKE_BINARY_DIR}/ingotConfigVersion.cmake
        DESTINATION ${IG_CMAKE_DIRECTORY} COMPONENT development)
foreach(set ingotTargets ingotStaticTargets)
  install(EXPORT ${set} NAMESPACE ingot:: DESTINATION ${IG_CMAKE_DIRECTORY}
          COMPONENT development)
endforeach()

# ---- documents and the models ----
install(FILES CHANGELOG.md README.md README.zh-CN.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT documents OPTIONAL)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documents
        OPTIONAL)
if(EXISTS ${CMAKE_SOURCE_DIR}/models)
  install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/ingot COMPONENT models)
endif()
