# Tests and examples. A file in the right folder is a test: nothing is listed by hand.
set(IG_TEST_INGOT $<TARGET_FILE:ingot>)
if(CMAKE_CROSSCOMPILING_EMULATOR)  # scripts call the command by a script that starts the emulator
  set(IG_TEST_INGOT ${CMAKE_BINARY_DIR}/emulated/ingot)
  list(JOIN CMAKE_CROSSCOMPILING_EMULATOR " " emulator)
  file(GENERATE OUTPUT ${IG_TEST_INGOT}
    CONTENT "#!/bin/sh\nexec ${emulator} $<TARGET_FILE:ingot> \"$@\"\n"
    FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
endif()
set(IG_TEST_ENVIRONMENT "INGOT_SOURCE=${CMAKE_SOURCE_DIR};INGOT=${IG_TEST_INGOT}")

# All rooms, with every symbol visible, for programs that test what is not public. They need not be
# linked again when a room changes; that their tests include no more than they may is checked by
# tools/check_rooms.sh.
add_library(ingot_tests SHARED ${IG_OBJECTS})
target_include_directories(ingot_tests PUBLIC src include)
target_link_libraries(ingot_tests PUBLIC ${IG_DEPENDENCIES})
link_as_cxx(ingot_tests)

# wrapped_symbols(OUT FILE): what a test, or a header of tests/ that it includes, defines as
# __wrap_NAME.
function(wrapped_symbols out file)
  file(STRINGS ${file} includes REGEX "^#include \"")
  set(files ${file})
  foreach(include IN LISTS includes)
    string(REGEX REPLACE ".*\"(.*)\".*" "${CMAKE_SOURCE_DIR}/tests/\\1" header ${include})
    if(EXISTS ${header})
      list(APPEND files ${header})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    endif()
  endforeach()
  set(symbols "")
  foreach(source IN LISTS files)
    file(STRINGS ${source} wraps REGEX "__wrap_[a-z_]+\\(.*{$")
    foreach(wrap IN LISTS wraps)
      string(REGEX REPLACE ".*__wrap_([a-z_]+)\\(.*" "\\1" symbol ${wrap})
      list(APPEND symbols ${symbol})
    endforeach()
  endforeach()
  set(${out} "${symbols}" PARENT_SCOPE)
endfunction()

# gcc 12.2 for aarch64 fails with an internal error where a loop of a test takes the greatest value.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL aarch64 AND CMAKE_C_COMPILER_ID STREQUAL GNU AND
   CMAKE_C_COMPILER_VERSION VERSION_LESS 12.3)
  set(IG_TEST_FLAGS -fno-tree-loop-vectorize)
endif()

# add_c_test(KIND FILE LIBRARY): a cmocka program; ctest knows it as KIND/NAME, exit code 77 means
# skipped.
function(add_c_test kind file library)
  get_filename_component(name ${file} NAME_WE)
  set(target ${name})
  if(TARGET ${target})
    set(target ${kind}_${name})
  endif()
  add_executable(${target} ${file})
  target_include_directories(${target} PRIVATE tests)
  target_compile_options(${target} PRIVATE ${IG_TEST_FLAGS})
  target_link_libraries(${target} PRIVATE ${library} PkgConfig::CMOCKA)
  set_target_properties(${target} PROPERTIES LINK_DEPENDS_NO_SHARED ON)
  if(INGOT_SANITIZE)  # clang's run-time library for C alone lacks what the C++ shim calls
    link_as_cxx(${target})
  endif()
  add_test(NAME ${kind}/${name} COMMAND ${target})
  set_tests_properties(${kind}/${name} PROPERTIES
    LABELS ${kind} SKIP_RETURN_CODE 77 ENVIRONMENT "${IG_TEST_ENVIRONMENT}")
endfunction()

# tests/unit/ROOM_SUBJECT.c. A test that defines __wrap_NAME gets the library's calls of NAME: the
# linker does that in static libraries, so such a test is linked to its room and what lies below.
file(GLOB unit_tests CONFIGURE_DEPENDS tests/unit/*.c)
if(IG_CAN_avx512_bf16)  # what multiplies on tiles, on a model of them
  set_source_files_properties(tests/unit/kernel_int8_tiles.c tests/unit/kernel_bf16_tiles.c
    tests/unit/kernel_matrix_tiles.c PROPERTIES
    COMPILE_OPTIONS "-mavx512bf16;-mavx512vnni;${avx512}")
endif()
foreach(test IN LISTS unit_tests)
  get_filename_component(name ${test} NAME_WE)
  wrapped_symbols(symbols ${test})
  if(NOT symbols)
    add_c_test(unit ${test} ingot_tests)
  elseif(NOT APPLE)  # its linker cannot wrap
    string(REGEX REPLACE "_.*" "" room ${name})
    add_c_test(unit ${test} ig_${room})
    list(TRANSFORM symbols PREPEND "-Wl,--wrap=")
    target_link_options(${name} PRIVATE ${symbols})
  endif()
endforeach()

# tests/faults: every allocation and every write failed once. The linker sends the library's calls
# to tests/faults/faults.c; Apple's cannot.
if(NOT APPLE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS tests/faults/faults.c)
  file(STRINGS tests/faults/faults.c wraps REGEX "^WRAP\\(")
  add_library(test_faults OBJECT tests/faults/faults.c)
  target_link_libraries(test_faults PRIVATE PkgConfig::JANSSON PkgConfig::ZLIB)
  target_compile_definitions(test_faults PRIVATE _GNU_SOURCE)
  function(link_faults target)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:test_faults>)
    foreach(wrap IN LISTS wraps)
      string(REGEX REPLACE "^WRAP\\([^,]*, ([A-Za-z0-9_]+),.*" "\\1" symbol "${wrap}")
      target_link_options(${target} PRIVATE -Wl,--wrap=${symbol})
    endforeach()
  endfunction()
  foreach(name memory writes)
    add_c_test(faults tests/faults/${name}.c ingot_objects)
    target_include_directories(${name} PRIVATE tests/faults)
    link_faults(${name})
  endforeach()
  # The command for tests/cli/faults.sh.
  add_executable(ingot_faulty ${cli_sources})
  target_link_libraries(ingot_faulty PRIVATE ingot_static)
  link_as_cxx(ingot_faulty)
  link_faults(ingot_faulty)
  list(APPEND IG_TEST_ENVIRONMENT "INGOT_FAULTY=$<TARGET_FILE:ingot_faulty>")
endif()
foreach(kind api grad golden)
  file(GLOB tests CONFIGURE_DEPENDS tests/${kind}/*.c)
  foreach(test IN LISTS tests)
    add_c_test(${kind} ${test} ingot_tests)
  endforeach()
endforeach()

# add_script_test(KIND FILE ARGUMENT...): a bash script; exit code 77 means skipped.
function(add_script_test kind file)
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME ${kind}/${name} COMMAND bash ${file} ${ARGN})
  set_tests_properties(${kind}/${name} PROPERTIES
    LABELS ${kind} SKIP_RETURN_CODE 77 ENVIRONMENT "${IG_TEST_ENVIRONMENT}")
endfunction()

# Whole commands; what they share is in files that do not end in .sh.
file(GLOB scripts CONFIGURE_DEPENDS tests/cli/*.sh)
foreach(script IN LISTS scripts)
  add_script_test(cli ${script})
endforeach()
# Cases of users that no other test holds, and the list of those that do: tests/cases/README.md.
add_script_test(cases ${CMAKE_SOURCE_DIR}/tests/cases/run.sh)
if(NOT APPLE)  # the checkers want GNU tools and bash 4
  add_script_test(tools ${CMAKE_SOURCE_DIR}/tools/check_selftest.sh)
  add_script_test(tools ${CMAKE_SOURCE_DIR}/tools/check_limits.sh)
  add_script_test(tools ${CMAKE_SOURCE_DIR}/tools/check_headers.sh)
  add_script_test(tools ${CMAKE_SOURCE_DIR}/tools/check_exports.sh $<TARGET_FILE:ingot_shared>)
  if(NOT INGOT_SANITIZE AND NOT INGOT_FUZZ)  # a user's program would need their run-time libraries
    add_script_test(tools ${CMAKE_SOURCE_DIR}/tools/check_install.sh ${CMAKE_BINARY_DIR})
  endif()
endif()

# The Python package, which loads the shared library into a Python that is not instrumented.
if(NOT INGOT_SANITIZE AND NOT INGOT_FUZZ AND NOT CMAKE_CROSSCOMPILING)
  add_test(NAME python/package
           COMMAND bash ${CMAKE_SOURCE_DIR}/tests/python/run.sh ${CMAKE_BINARY_DIR})
  set_tests_properties(python/package PROPERTIES
    LABELS python SKIP_RETURN_CODE 77 ENVIRONMENT "${IG_TEST_ENVIRONMENT}")
endif()

# Examples see what a user sees: the public headers and the shared library. They run as tests; one
# that needs a model gets a shipped one.
set(shipped ${CMAKE_SOURCE_DIR}/models)
set(IG_EXAMPLE_translate ${shipped}/en-de "How are you?")
set(IG_EXAMPLE_translate_texts ${shipped}/en-de "How are you? I am fine." "A dog.")
set(IG_EXAMPLE_answer ${shipped}/qa-en "The bridge was built in 1894." "When was the bridge built?")
set(IG_EXAMPLE_score_held_out ${shipped}/en-de "How are you?" "Wie geht es Ihnen?")
file(GLOB examples CONFIGURE_DEPENDS examples/*.c)
foreach(example IN LISTS examples)
  get_filename_component(name ${example} NAME_WE)
  add_executable(example_${name} ${example})
  target_link_libraries(example_${name} PRIVATE ingot_shared m)
  set_target_properties(example_${name} PROPERTIES LINK_DEPENDS_NO_SHARED ON)
  if(INGOT_SANITIZE)
    link_as_cxx(example_${name})
  endif()
  if(NOT DEFINED IG_EXAMPLE_${name} OR EXISTS ${shipped})
    add_test(NAME examples/${name} COMMAND example_${name} ${IG_EXAMPLE_${name}})
    set_tests_properties(examples/${name} PROPERTIES LABELS examples)
  endif()
endforeach()
