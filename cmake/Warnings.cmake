# Warnings are errors for our own code; generated code and system headers are exempt.
add_library(guestbridge_warnings INTERFACE)
target_compile_options(guestbridge_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Werror)
# GCC 12 warns of std::string's own code when it optimises (its bug 105651).
set(gb_false_alarms $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
