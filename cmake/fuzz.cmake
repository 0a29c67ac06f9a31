# fuzz/TARGET.c: inputs that nobody would write by hand. With clang and INGOT_FUZZ they are
# libFuzzer programs, fuzz_TARGET; without, they replay the inputs of fuzz/corpus/TARGET (seeds, and
# whatever once went wrong) and simple variants of them, as tests.
if(INGOT_FUZZ)
  set(main "")
  set(library ingot_objects)
  # No input gets there, and its large functions take minutes to instrument.
  target_compile_options(ig_kernel PRIVATE -fno-sanitize=all)
  # What compares positions and scores learns no constants of an input by that, only loses time.
  foreach(room nn numeric decode)
    target_compile_options(ig_${room} PRIVATE -fno-sanitize-coverage=trace-cmp)
  endforeach()
else()
  add_library(fuzz_replay OBJECT fuzz/replay.c)
  set(main $<TARGET_OBJECTS:fuzz_replay>)
  set(library ingot_tests)
endif()
list(FILTER cli_sources EXCLUDE REGEX "/main.c$")
file(GLOB targets CONFIGURE_DEPENDS fuzz/*.c)
list(FILTER targets EXCLUDE REGEX "/replay.c$")
foreach(file IN LISTS targets)
  get_filename_component(name ${file} NAME_WE)
  add_executable(fuzz_${name} ${file} ${main})
  target_link_libraries(fuzz_${name} PRIVATE ${library})
  link_as_cxx(fuzz_${name})
  if(INGOT_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    set_target_properties(fuzz_${name} PROPERTIES LINK_DEPENDS_NO_SHARED ON)
    set(steps 150)
    if(name STREQUAL "fusion")
      set(steps 30)  # each is a whole fusion
    endif()
    add_test(NAME fuzz/${name} COMMAND fuzz_${name} -steps=${steps}
                                       ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz)
  endif()
endforeach()
target_sources(fuzz_options PRIVATE ${cli_sources} cli/main.c)
target_compile_definitions(fuzz_options PRIVATE main=ingot_main)
target_compile_options(fuzz_options PRIVATE -Wno-missing-prototypes)  # of ingot_main
