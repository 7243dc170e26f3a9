# What runs at a hotel is optimised, whatever the tests' own files are built with. A program
# as well: of a template that many files use, the linker takes the one of its main.cc.
function(gb_optimise name)
  if(NOT GUESTBRIDGE_SANITIZE)
    target_compile_options(${name} PRIVATE -O2 ${gb_false_alarms})
  endif()
endfunction()

# gb_room(NAME agent_plan [DEPS ...] [TEST_DEPS ...])
#
# One folder is one room: a static library NAME of its *.cc files, and one test binary
# NAME_test of its *_test.cc files. main.cc is left to add_executable. DEPS say who may be
# included; script/layers checks the same table against the #include lines.
function(gb_room)
  cmake_parse_arguments(arg "" "NAME" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${arg_NAME} STATIC ${sources})
    target_include_directories(${arg_NAME} PUBLIC "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${arg_NAME} PUBLIC ${arg_DEPS} PRIVATE guestbridge_warnings)
    gb_optimise(${arg_NAME})
  else()
    add_library(${arg_NAME} INTERFACE)
    target_include_directories(${arg_NAME} INTERFACE "${CMAKE_SOURCE_DIR}")
    target_link_libraries(${arg_NAME} INTERFACE ${arg_DEPS})
  endif()
  if(tests)
    gb_test(NAME ${arg_NAME}_test SOURCES ${tests} DEPS ${arg_NAME} ${arg_TEST_DEPS})
  endif()
endfunction()

# gb_test(NAME x_test SOURCES ... DEPS ... [LABELS ...] [TIMEOUT s])
function(gb_test)
  cmake_parse_arguments(arg "" "NAME;TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(GUESTBRIDGE_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 5")  # instrumented code is slow
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest_main
                        guestbridge_warnings)
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                        "${CMAKE_BINARY_DIR}/test-bin")
  add_test(NAME ${arg_NAME} COMMAND ${arg_NAME} --gtest_brief=1)
  set_tests_properties(${arg_NAME} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS
                       "fast;${arg_LABELS}")
endfunction()
