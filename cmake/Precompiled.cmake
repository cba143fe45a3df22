# Headers that most sources include, parsed once a build instead of once a source.
# A source could lean on them without an #include of its own. The release build is made without them and would say so.
option(PACEDNS_PRECOMPILED "Precompile common headers" OFF)

# pacedns_precompiled_headers(TARGET HEADER... LIBRARIES target...)
function(pacedns_precompiled_headers target)
  cmake_parse_arguments(arg "" "" "LIBRARIES" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp CONTENT "" @ONLY)
  add_library(${target} STATIC ${CMAKE_CURRENT_BINARY_DIR}/${target}.cpp)
  target_link_libraries(${target} PRIVATE pacedns_compile_options ${arg_LIBRARIES})
  target_precompile_headers(${target} PRIVATE ${arg_UNPARSED_ARGUMENTS})
endfunction()

if(PACEDNS_PRECOMPILED)
  set(common
    <algorithm> <array> <chrono> <cstdint> <functional> <memory> <optional> <span> <string> <string_view> <utility>
    <vector> <boost/asio/awaitable.hpp> <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/ip/udp.hpp>
    <boost/asio/steady_timer.hpp>)
  pacedns_precompiled_headers(pacedns_precompiled ${common} LIBRARIES asio::asio)
  find_package(GTest REQUIRED)
  pacedns_precompiled_headers(pacedns_precompiled_test ${common} <gmock/gmock.h> <gtest/gtest.h>
    LIBRARIES asio::asio GTest::gmock)
endif()

# pacedns_precompile(TARGET [_test]): its sources begin with the precompiled headers, if the build has them.
function(pacedns_precompile target)
  if(PACEDNS_PRECOMPILED)
    # What changes how the headers are read has to be the same everywhere.
    target_compile_definitions(${target} PRIVATE BOOST_ASIO_NO_DEPRECATED)
    target_precompile_headers(${target} REUSE_FROM pacedns_precompiled${ARGN})
  endif()
endfunction()
