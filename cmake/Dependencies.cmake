# Everything comes from the distribution's packages; scripts/dependencies.sh installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(YAML_CPP REQUIRED IMPORTED_TARGET yaml-cpp)

add_library(ldns::ldns ALIAS PkgConfig::LDNS)
add_library(xxhash::xxhash ALIAS PkgConfig::XXHASH)
add_library(systemd::systemd ALIAS PkgConfig::SYSTEMD)
add_library(prometheus::core ALIAS PkgConfig::PROMETHEUS)
add_library(yaml-cpp::yaml-cpp ALIAS PkgConfig::YAML_CPP)

add_library(boost::json ALIAS Boost::json)

# Header-only, without the parts of Asio that later versions drop.
add_library(pacedns_asio INTERFACE)
target_link_libraries(pacedns_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(pacedns_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
add_library(asio::asio ALIAS pacedns_asio)
