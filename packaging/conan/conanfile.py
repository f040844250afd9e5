"""Untested. Conan 2; builds the source tree that this file lies in: conan create packaging/conan

SPDX-License-Identifier: MIT"""
import os
import re

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load
from conan.tools.gnu import PkgConfigDeps


class Selfattn(ConanFile):
    name = "selfattn"
    description = "Exact self-attention for CPUs"
    license = "MIT"
    package_type = "shared-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"models": [True, False], "blas": ["openblas", "none"]}
    default_options = {"models": True, "blas": "openblas"}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        header = load(self, os.path.join(self._root, "include", "selfattn.h"))
        self.version = ".".join(re.findall(r"#define SA_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "selfattn.pc.in", "cmake/*", "include/*", "src/*",
                        "bindings/cpp/*", "tests/package/exported*.txt", "tools/manual.py"):
            copy(self, pattern, self._root, self.export_sources_folder)

    def requirements(self):
        if self.options.blas == "openblas":
            self.requires("openblas/[>=0.3.20]")
        if self.options.models:
            self.requires("jansson/[>=2.13]")
            self.requires("utf8proc/[>=2.5]")
            self.requires("pcre2/[>=10.30]")
            self.requires("fftw/[>=3.3]")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables.update({
            "SELFATTN_MODELS": bool(self.options.models), "SELFATTN_BLAS": str(self.options.blas),
            "SELFATTN_MPI": False, "SELFATTN_LAPACKE": False})
        toolchain.generate()
        PkgConfigDeps(self).generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["selfattn"]
        self.cpp_info.set_property("cmake_file_name", "selfattn")
        self.cpp_info.set_property("cmake_target_name", "selfattn::selfattn")
        self.cpp_info.set_property("pkg_config_name", "selfattn")
