include(CheckCXXCompilerFlag)

# Warnings are errors; sanitizers come from the preset, and everything else is hardened.
add_library(pacedns_compile_options INTERFACE)
target_compile_options(pacedns_compile_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Wformat=2 -Werror -fno-strict-aliasing)

if(PACEDNS_SANITIZE)
  # With instrumentation GCC's optimizer warns about code that it made itself.
  target_compile_options(pacedns_compile_options INTERFACE
    -fsanitize=${PACEDNS_SANITIZE} -fno-omit-frame-pointer
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-mismatched-new-delete>)
  target_link_options(pacedns_compile_options INTERFACE -fsanitize=${PACEDNS_SANITIZE})
else()
  # Code at random addresses, nothing writable that the dynamic linker has filled in, no executable stack.
  # -fPIE and not CMake's own property: that takes -fPIC for libraries, which keeps functions from being inlined.
  target_compile_options(pacedns_compile_options INTERFACE -fPIE -fstack-protector-strong)
  target_link_options(pacedns_compile_options INTERFACE -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
  # What only some architectures have; the last two are x86's and ARM's guard of jumps and returns.
  foreach(flag IN ITEMS -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "PACEDNS_HAS${flag}" has_flag)
    check_cxx_compiler_flag(${flag} ${has_flag})
    if(${has_flag})
      target_compile_options(pacedns_compile_options INTERFACE ${flag})
    endif()
  endforeach()
  # It needs the optimizer. Some distributions' compilers define it themselves.
  target_compile_options(pacedns_compile_options INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE$<SEMICOLON>-D_FORTIFY_SOURCE=2>)
endif()

if(PACEDNS_SANITIZE STREQUAL "thread")
  # Asio has fences, which ThreadSanitizer does not see; what it orders is ordered by mutexes too.
  target_compile_options(pacedns_compile_options INTERFACE -Wno-tsan)
endif()
