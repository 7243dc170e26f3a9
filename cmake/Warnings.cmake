# Warnings are errors for our own code; generated code and system headers are exempt.
add_library(guestbridge_warnings INTERFACE)
target_compile_options(guestbridge_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror)
