# -DGUESTBRIDGE_SANITIZE=address,undefined | thread  (script/test --slow uses both)
set(GUESTBRIDGE_SANITIZE "" CACHE STRING "Sanitizers for the whole build, as for -fsanitize=")
if(GUESTBRIDGE_SANITIZE)
  add_compile_options("-fsanitize=${GUESTBRIDGE_SANITIZE}" -fno-omit-frame-pointer
                      -fno-sanitize-recover=all
                      # GCC sees uninitialised values that are none in instrumented code.
                      -Wno-maybe-uninitialized)
  add_link_options("-fsanitize=${GUESTBRIDGE_SANITIZE}")
endif()
