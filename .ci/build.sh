#!/usr/bin/env bash
# Builds the page for publishing into dist/ and says what it weighs.
#
# Every byte travels, so the standard library is compiled along where its source is to be had: for size, and with panics
# that just stop (the core has none, and nobody reads their texts in a browser). Cargo calls that unstable; should it not
# work with a Rust to come, the page is built with the library that is there and weighs more.
source "$(dirname "$0")/lib.sh"

has_library_source() { [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/Cargo.lock" ]; }

library_source() {
  has_library_source && return
  if have rustup; then
    step "rust-src: asking rustup for the standard library's source"
    RUST_BACKTRACE=0 timeout 300 rustup component add rust-src </dev/null >&2 || true
  fi
  has_library_source
}

build_small() {
  step "building the page (release, standard library included)"
  # Functions that stay apart can be sent apart: what does not run at first arrives later (.ci/part.mjs).
  RUSTC_BOOTSTRAP=1 \
    RUSTFLAGS="-Cllvm-args=-inline-instr-cost=100 -Zunstable-options -Cpanic=immediate-abort" \
    CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size \
    CARGO_UNSTABLE_PANIC_IMMEDIATE_ABORT=true CARGO_PROFILE_PAGE_PANIC=immediate-abort \
    trunk build --release
}

build_plain() {
  step "building the page (release, with the standard library that is there: heavier)"
  trunk build --release
}

if ! { library_source && build_small; }; then
  build_plain || fail "the release could not be built" "read trunk's messages above"
fi
node .ci/sizes.mjs dist
