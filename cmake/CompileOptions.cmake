# Warnings are errors; sanitizers come from the preset.
add_library(pacedns_compile_options INTERFACE)
target_compile_options(pacedns_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough
  -Wformat=2 -Werror -fno-strict-aliasing)

if(PACEDNS_SANITIZE)
  # The optimizer sees through sanitizer instrumentation badly and warns about code it made itself.
  target_compile_options(pacedns_compile_options INTERFACE
    -fsanitize=${PACEDNS_SANITIZE} -fno-omit-frame-pointer -Wno-null-dereference -Wno-maybe-uninitialized)
  target_link_options(pacedns_compile_options INTERFACE -fsanitize=${PACEDNS_SANITIZE})
endif()
