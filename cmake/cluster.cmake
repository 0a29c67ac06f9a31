# The plugin for Open MPI, ingot-openmpi.so: the library loads it where mpirun or srun has started
# several processes, so that neither it nor the command depends on Open MPI (docs/cluster.md).
if(INGOT_MPI)
  pkg_check_modules(OPENMPI IMPORTED_TARGET ompi-c)
  if(NOT OPENMPI_FOUND)
    message(STATUS "Open MPI is not found: training and translation stay on one machine")
  endif()
endif()
if(INGOT_MPI AND OPENMPI_FOUND)
  add_library(ingot_openmpi MODULE plugins/openmpi.c)
  target_include_directories(ingot_openmpi PRIVATE src)
  target_link_libraries(ingot_openmpi PRIVATE PkgConfig::OPENMPI)
  set_target_properties(ingot_openmpi PROPERTIES
    PREFIX "" OUTPUT_NAME ingot-openmpi SUFFIX ".so" C_VISIBILITY_PRESET default)
  install(TARGETS ingot_openmpi COMPONENT library LIBRARY
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/ingot)
endif()
