"""The module graph: docs/ARCHITECTURE.md draws it, CMakeLists.txt declares it, the includes must be it."""

import re

import tree

# Each module may use modules of the layers before its own.
LAYERS = [
    {"base"},
    {"dns", "net", "metrics", "health"},
    {"cache", "plan", "upstream", "server"},
    {"forward"},
    {"config", "status", "control"},
    {"app"},
    {"main"},
]
LAYER_OF = {module: number for number, layer in enumerate(LAYERS) for module in layer}

WITHOUT_ASIO = {"base", "dns", "cache", "plan", "health", "metrics"}
WITHOUT_CLOCK = {"dns", "cache", "plan", "health", "metrics"}
WITH_LOGGING = {"forward", "server", "upstream", "status", "app", "main"}

# Which include needs which entry of a module's LIBRARIES.
LIBRARY_OF = {
    "boost/asio": "asio::asio",
    "boost/beast": "asio::asio",
    "boost/json": "boost::json",
    "prometheus/": "prometheus::core",
    "ldns/": "ldns::ldns",
    "spdlog/": "spdlog::spdlog",
    "yaml-cpp/": "yaml-cpp::yaml-cpp",
    "CLI/": "CLI11::CLI11",
    "systemd/": "systemd::systemd",
    "xxhash.h": "xxhash::xxhash",
}

CLOCK_READING = re.compile(r"\b(?:\w*[Cc]lock::now|steady_now)\s*\(")

MODULES = tree.modules()
SOURCES = tree.files_under("include", "src")


def includes():
    """Every (file, module of the file, what it includes)."""
    for path in SOURCES:
        for include in tree.includes_of(path):
            yield path, tree.module_of(path), include


def module_included(include: str) -> str | None:
    match = re.match(r"pacedns/(\w+)/", include)
    return match.group(1) if match else None


def allowed_modules(module: str) -> set[str]:
    return {"app"} if module == "main" else {module, *MODULES.get(module, {"DEPENDS": []})["DEPENDS"]}


def used_modules(module: str) -> set[str]:
    used = {module_included(include) for _, owner, include in includes() if owner == module}
    return {other for other in used if other and other != module}


def test_the_graph_is_there():
    assert MODULES, "No pacedns_module(...) line was found in CMakeLists.txt; mend tests/architecture/tree.py."
    tree.report(
        "Every folder of include/pacedns and src is a module: give it a pacedns_module(...) line.",
        [f"{path}: no module '{tree.module_of(path)}'" for path in SOURCES
         if tree.module_of(path) not in {"main", *MODULES}],
    )


def test_modules_depend_on_lower_layers_only():
    tree.report(
        "A module may depend on modules of lower layers only (see LAYERS): move the shared part down a layer, "
        "or hand it in through an interface that the lower module owns.",
        [f"{name} (layer {LAYER_OF.get(name)}) -> {other} (layer {LAYER_OF.get(other)})"
         for name, lists in MODULES.items() for other in lists["DEPENDS"]
         if LAYER_OF.get(other, 99) >= LAYER_OF.get(name, -1)],
    )


def test_includes_follow_the_graph():
    tree.report(
        "A file may include its own module and those its module DEPENDS on in CMakeLists.txt: add the arrow "
        "there if it is right, or take the include out.",
        [f"{path}: {include}" for path, module, include in includes()
         if module_included(include) and module_included(include) not in allowed_modules(module)],
    )


def test_headers_of_modules_are_included_by_their_full_path():
    tree.report(
        'Include a header as "pacedns/MODULE/FILE.hpp", so that its module can be seen.',
        [f"{path}: {include}" for path, _, include in includes() if ".." in include],
    )


def test_every_dependency_is_used():
    tree.report(
        "No file of the module includes the module it DEPENDS on: take the arrow out of CMakeLists.txt.",
        [f"{name} -> {other}" for name, lists in MODULES.items()
         for other in sorted(set(lists["DEPENDS"]) - used_modules(name))],
    )


def library_of(include: str) -> str | None:
    return next((library for prefix, library in LIBRARY_OF.items() if include.startswith(prefix)), None)


def test_libraries_are_named_by_the_modules_that_include_them():
    tree.report(
        "A module that includes a library's headers names the library in its LIBRARIES in CMakeLists.txt.",
        [f"{path}: {include} without {library_of(include)}" for path, module, include in includes()
         if module in MODULES and library_of(include)
         and library_of(include) not in MODULES[module]["LIBRARIES"]],
    )


def test_every_library_is_used():
    used = {(module, library_of(include)) for _, module, include in includes()}
    tree.report(
        "No file of the module includes the library it names: take it out of LIBRARIES in CMakeLists.txt.",
        [f"{name}: {library}" for name, lists in MODULES.items() for library in lists["LIBRARIES"]
         if library in LIBRARY_OF.values() and (name, library) not in used],
    )


def test_pure_modules_do_without_asio():
    tree.report(
        f"The modules {', '.join(sorted(WITHOUT_ASIO))} know no event loop: move the socket side to net, "
        "upstream, server or forward.",
        [f"{path}: {include}" for path, module, include in includes()
         if module in WITHOUT_ASIO and include.startswith("boost/asio")],
    )


def test_only_the_outer_modules_log():
    tree.report(
        f"Only {', '.join(sorted(WITH_LOGGING))} log: return the reason and let the caller log it.",
        [f"{path}: {include}" for path, module, include in includes()
         if module not in WITH_LOGGING and include.startswith("spdlog/")],
    )


def test_pure_modules_do_not_read_the_clock():
    tree.report(
        "Time is an argument here: take a TimePoint `now` from the caller.",
        [f"{path}:{number}: {line.strip()}" for path in SOURCES if tree.module_of(path) in WITHOUT_CLOCK
         for number, line in enumerate(tree.code_of(path).splitlines(), 1) if CLOCK_READING.search(line)],
    )


def test_ldns_is_wrapped_once():
    wrappers = sorted({str(path) for path, _, include in includes() if include.startswith("ldns/")})
    assert len(wrappers) == 1, (
        "Exactly one file includes ldns and gives its handles owners; the others use that file. Now: "
        + (", ".join(wrappers) or "none"))
