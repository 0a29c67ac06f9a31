# The Python package: `cmake --install BUILD --component python --prefix DIR` makes DIR/ingot, as
# the wheel has it (pyproject.toml). `make install` leaves it out.
install(DIRECTORY python/ingot DESTINATION . COMPONENT python EXCLUDE_FROM_ALL
        FILES_MATCHING PATTERN "*.py" PATTERN "py.typed")
# Without the version in its name: a wheel has no symbolic links.
install(FILES $<TARGET_FILE:ingot_shared> DESTINATION ingot COMPONENT python EXCLUDE_FROM_ALL
        RENAME ${CMAKE_SHARED_LIBRARY_PREFIX}ingot${CMAKE_SHARED_LIBRARY_SUFFIX})
