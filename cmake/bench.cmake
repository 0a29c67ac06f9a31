# Benchmarks, built by `make bench` alone (target `benchmarks`).
add_custom_target(benchmarks)
file(GLOB benchmarks CONFIGURE_DEPENDS bench/*.c)
foreach(benchmark IN LISTS benchmarks)
  get_filename_component(name ${benchmark} NAME_WE)
  add_executable(bench_${name} EXCLUDE_FROM_ALL ${benchmark})
  target_include_directories(bench_${name} PRIVATE tests)  # kernel_cases.h
  target_link_libraries(bench_${name} PRIVATE ingot_objects ${CMAKE_DL_LIBS})
  set_target_properties(bench_${name} PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  add_dependencies(benchmarks bench_${name})
endforeach()
