# proto_library(NAME n ROOT dir [IMPORTS dir ...] PROTOS a/v1/x.proto ...)
# Compiles protos to C++ with gRPC stubs. PROTOS are relative to ROOT.
function(proto_library)
  cmake_parse_arguments(arg "" "NAME;ROOT" "PROTOS;IMPORTS" ${ARGN})
  get_filename_component(root "${arg_ROOT}" ABSOLUTE)
  set(out "${CMAKE_BINARY_DIR}/gen")
  file(MAKE_DIRECTORY "${out}")
  set(import_flags)
  foreach(import IN LISTS arg_IMPORTS)
    list(APPEND import_flags -I "${import}")
  endforeach()
  set(sources)
  foreach(proto IN LISTS arg_PROTOS)
    string(REGEX REPLACE "\\.proto$" "" base "${proto}")
    # The .grpc.pb.cc comes first: protoc's depfile names the outputs alphabetically and
    # ninja expects the first OUTPUT there.
    set(generated "${out}/${base}.grpc.pb.cc" "${out}/${base}.grpc.pb.h"
                  "${out}/${base}.pb.cc" "${out}/${base}.pb.h")
    add_custom_command(
      OUTPUT ${generated}
      COMMAND protobuf::protoc -I "${root}" ${import_flags} "--cpp_out=${out}" "--grpc_out=${out}"
              "--plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>"
              "--dependency_out=${out}/${base}.proto.d" "${root}/${proto}"
      DEPENDS "${root}/${proto}" protobuf::protoc gRPC::grpc_cpp_plugin
      DEPFILE "${out}/${base}.proto.d"
      COMMENT "protoc ${proto}"
      VERBATIM)
    list(APPEND sources ${generated})
  endforeach()
  add_library(${arg_NAME} STATIC ${sources})
  target_include_directories(${arg_NAME} SYSTEM PUBLIC "${out}")
  target_link_libraries(${arg_NAME} PUBLIC gRPC::grpc++ protobuf::libprotobuf)
  target_compile_options(${arg_NAME} PRIVATE -w -g0)
  # The stubs spend their time on the same long headers; the messages' files have statics of
  # one name and stay apart.
  set(messages ${sources})
  list(FILTER messages EXCLUDE REGEX "\\.grpc\\.pb\\.cc$")
  set_source_files_properties(${messages} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(${arg_NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
endfunction()
