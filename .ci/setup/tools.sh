#!/usr/bin/env bash
# trunk and wasm-bindgen in exactly the versions that the project names. Compiled from crates.io unless
# `cargo binstall` is there to fetch them ready-made.
source "$(dirname "$0")/../lib.sh"

# The versions of 'trunk 0.21.14' and 'wasm-bindgen 0.2.128'; nothing where there is none.
version_of() { "$1" --version 2>/dev/null | awk 'NR == 1 { print $2 }'; }

# Link time optimisation and full optimisation would cost many minutes and gain nothing here.
# usage: compile CRATE VERSION OPT_LEVEL [flags for cargo install]
compile() {
  local crate=$1 version=$2 opt_level=$3
  shift 3
  # Out of the project: a toolchain chosen for its directory must not decide how its tools are compiled.
  (
    cd /
    CARGO_PROFILE_RELEASE_LTO=false CARGO_PROFILE_RELEASE_OPT_LEVEL=$opt_level \
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=false \
      cargo install --quiet --locked --force "$crate" --version "$version" "$@" </dev/null >&2
  )
}

# usage: install COMMAND CRATE VERSION OPT_LEVEL [flags for cargo install]
install() {
  local command=$1 crate=$2 version=$3 opt_level=$4 start=$SECONDS
  shift 4
  if [ "$(version_of "$command")" = "$version" ]; then
    step "$crate: $version is there"
    return
  fi
  if cargo binstall -V >/dev/null 2>&1; then
    step "$crate: fetching $version with cargo binstall"
    cargo binstall --no-confirm --force --disable-telemetry "$crate@$version" </dev/null >&2 || true
  fi
  if [ "$(version_of "$command")" != "$version" ]; then
    step "$crate: compiling $version from crates.io, some minutes (done once)"
    compile "$crate" "$version" "$opt_level" "$@" ||
      fail "could not install $crate $version" "read cargo's message above" \
        "by hand: cargo install --locked $crate --version $version $*"
  fi
  hash -r
  [ "$(version_of "$command")" = "$version" ] ||
    fail "the $command first on PATH is $(version_of "$command"), not $version: $(command -v "$command")" \
      "remove it, or put ${CARGO_HOME:-$HOME/.cargo}/bin before it on PATH"
  step "$crate: installed $version in $((SECONDS - start)) s"
}

# wasm-bindgen has all of the page's code to go through; trunk only calls others.
install wasm-bindgen wasm-bindgen-cli "$BINDGEN_VERSION" 1
install trunk trunk "$TRUNK_VERSION" 0 --no-default-features --features rustls
