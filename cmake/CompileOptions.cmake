# Warnings are errors; sanitizers come from the preset.
add_library(pacedns_compile_options INTERFACE)
target_compile_options(pacedns_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wformat=2 -Werror -fno-strict-aliasing)

if(PACEDNS_SANITIZE)
  # With instrumentation the optimizer warns about code that it made itself.
  target_compile_options(pacedns_compile_options INTERFACE
    -fsanitize=${PACEDNS_SANITIZE} -fno-omit-frame-pointer -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  target_link_options(pacedns_compile_options INTERFACE -fsanitize=${PACEDNS_SANITIZE})
endif()

if(PACEDNS_SANITIZE STREQUAL "thread")
  # Asio has fences, which ThreadSanitizer does not see; what it orders is ordered by mutexes too.
  target_compile_options(pacedns_compile_options INTERFACE -Wno-tsan)
endif()
