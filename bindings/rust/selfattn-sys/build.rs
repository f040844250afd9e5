//! Finds libselfattn: the file that SELFATTN_LIBRARY names, or what pkg-config knows.
//! SPDX-License-Identifier: MIT
use std::path::Path;
use std::process::{exit, Command};

const NEEDED: &str = env!("CARGO_PKG_VERSION");

fn fail(why: &str) -> ! {
    eprintln!("selfattn-sys needs libselfattn {NEEDED} or newer. {why}");
    exit(1)
}

/// Links with the folder of this file, which has to have libselfattn.so (or .a) in it.
fn link_file(file: &str) {
    let folder = match Path::new(file).parent() {
        Some(folder) if Path::new(file).exists() => folder.display(),
        _ => fail(&format!("SELFATTN_LIBRARY is {file}, which is no file.")),
    };
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:rustc-link-lib=dylib=selfattn");
}

fn pkg_config(arguments: &[&str]) -> Result<String, String> {
    let out =
        Command::new("pkg-config").args(arguments).output().map_err(|e| format!("pkg-config does not run: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
    if out.status.success() {
        Ok(text(&out.stdout))
    } else {
        Err(text(&out.stderr))
    }
}

fn link_package() {
    let found = pkg_config(&["--modversion", "selfattn"]).unwrap_or_else(|why| {
        fail(&format!("{why}. Install it, name its folder in PKG_CONFIG_PATH, or its file in SELFATTN_LIBRARY."))
    });
    if pkg_config(&[&format!("--atleast-version={NEEDED}"), "selfattn"]).is_err() {
        fail(&format!("pkg-config found {found}."));
    }
    for flag in pkg_config(&["--libs", "selfattn"]).unwrap_or_else(|why| fail(&why)).split_whitespace() {
        match flag.split_at(flag.len().min(2)) {
            ("-L", folder) => println!("cargo:rustc-link-search=native={folder}"),
            ("-l", name) => println!("cargo:rustc-link-lib={name}"),
            _ => {}
        }
    }
}

fn main() {
    for name in ["SELFATTN_LIBRARY", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    match std::env::var("SELFATTN_LIBRARY") {
        Ok(file) => link_file(&file),
        Err(_) => link_package(),
    }
}
