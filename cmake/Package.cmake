# What is installed, and the Debian package made of it: scripts/package.sh builds it. The paths are Debian's, and fixed:
# the units name them. What is generated is the same at every build of the same commit, given SOURCE_DATE_EPOCH.
find_program(SCDOC scdoc REQUIRED)

set(PACEDNS_MAINTAINER "The pacedns authors <maintainers@pacedns.invalid>" CACHE STRING "Who answers for the package")

set(doc_dir share/doc/pacedns)
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(manual ${PROJECT_SOURCE_DIR}/docs/man)
set(keys ${PROJECT_SOURCE_DIR}/docs/CONFIGURATION.md)

# What the package needs besides the daemon; CPack shall build no tests.
add_custom_target(pacedns_documents)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# pacedns_install_gzipped(NAME DIRECTORY COMMAND DEPENDS...): the output of a shell command as NAME.gz.
function(pacedns_install_gzipped name directory command)
  add_custom_command(OUTPUT ${name}.gz DEPENDS ${ARGN} VERBATIM
                     COMMAND bash -o pipefail -c "${command} | gzip -9n > ${name}.gz")
  add_custom_target(pacedns_${name} DEPENDS ${name}.gz)
  add_dependencies(pacedns_documents pacedns_${name})
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.gz DESTINATION ${directory})
endfunction()

install(TARGETS pacedns RUNTIME DESTINATION bin)
install(FILES systemd/pacedns.service systemd/pacedns.socket DESTINATION /lib/systemd/system)
install(FILES systemd/pacedns.sysusers DESTINATION lib/sysusers.d RENAME pacedns.conf)
install(FILES config/pacedns.yaml DESTINATION /etc/pacedns)
install(FILES README.md CHANGELOG.md docs/CONFIGURATION.md docs/OPERATIONS.md docs/METRICS.md docs/alerts.yaml
              docs/grafana-dashboard.json packaging/copyright DESTINATION ${doc_dir})

install(FILES packaging/completion/pacedns.bash DESTINATION share/bash-completion/completions RENAME pacedns)
install(FILES packaging/completion/_pacedns DESTINATION share/zsh/vendor-completions)

foreach(page IN ITEMS pacedns.8 pacedns.yaml.5)
  string(REGEX MATCH ".$" section ${page})
  pacedns_install_gzipped(${page} share/man/man${section}
    "/usr/bin/python3 '${manual}/render.py' '${manual}/${page}.scd' '${keys}' | ${SCDOC}"
    ${manual}/render.py ${manual}/${page}.scd ${keys})
endforeach()

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/changelog.in changelog @ONLY)
pacedns_install_gzipped(changelog ${doc_dir} "cat changelog" ${CMAKE_CURRENT_BINARY_DIR}/changelog)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pacedns)
set(CPACK_PACKAGE_CONTACT "${PACEDNS_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "DNS forwarder that asks its upstreams in paced tiers")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Each question that is not in the cache goes to the two best upstreams at once
and to the others in small batches after that. The client gets the first usable
response; the responses of all upstreams are collected in the background, and
the cache ends up holding every address that any of them gave.
.
The service answers on the loopback addresses. /etc/resolv.conf is left alone.")
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# procps has the kill of ExecReload.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "procps, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${packaging}/conffiles ${packaging}/postinst ${packaging}/prerm ${packaging}/postrm)
include(CPack)
