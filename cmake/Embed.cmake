# pacedns_embed(TARGET DIRECTORY)
#
# Compiles every file of a directory into a target, as what include/pacedns/status/page_assets.hpp declares: index.html
# is found at "/", every other file at "/NAME". Made again when a file changes, comes or goes.
function(pacedns_embed target directory)
  file(GLOB files CONFIGURE_DEPENDS ${directory}/*)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_assets.cpp)
  # A file that goes changes no time stamp, but the list of names.
  file(CONFIGURE OUTPUT ${output}.list CONTENT "${files}" @ONLY)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DLIST=${output}.list -P ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${files} ${output}.list ${PROJECT_SOURCE_DIR}/cmake/Embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()

# The content type of a file, by its suffix.
function(pacedns_content_type suffix result)
  set(.html "text/html; charset=utf-8")
  set(.css "text/css; charset=utf-8")
  set(.js "text/javascript; charset=utf-8")
  set(.json "application/json")
  set(.svg "image/svg+xml")
  set(.png "image/png")
  set(.ico "image/x-icon")
  if(NOT DEFINED ${suffix})
    message(FATAL_ERROR "cmake/Embed.cmake knows no content type for the suffix '${suffix}'")
  endif()
  set(${result} ${${suffix}} PARENT_SCOPE)
endfunction()

# Writes OUTPUT from the files that are named in LIST.
function(pacedns_write_assets)
  file(READ ${LIST} files)
  set(bodies "")
  set(table "")
  set(number 0)
  foreach(file IN LISTS files)
    cmake_path(GET file FILENAME name)
    cmake_path(GET file EXTENSION LAST_ONLY suffix)
    pacedns_content_type("${suffix}" content_type)
    if(name STREQUAL "index.html")
      set(name "")
    endif()
    file(SIZE ${file} size)
    file(READ ${file} octets HEX)
    string(REGEX REPLACE "(................................)" "\\1\n    " octets "${octets}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," octets "${octets}")
    # The octet behind the end, which nobody sees, lets a file be empty.
    string(APPEND bodies "const char kBody${number}[] = {\n    ${octets}'\\0'};\n\n")
    string(APPEND table "    Asset{\"/${name}\", \"${content_type}\", {kBody${number}, ${size}}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUTPUT}
"// Made by cmake/Embed.cmake.
#include \"pacedns/status/page_assets.hpp\"

#include <array>

namespace pacedns::status {
namespace {

${bodies}const std::array<Asset, ${number}> kAssets{
${table}};

}  // namespace

std::span<const Asset> assets() {
  return kAssets;
}

}  // namespace pacedns::status
")
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  pacedns_write_assets()
endif()
