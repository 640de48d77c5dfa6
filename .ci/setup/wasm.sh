#!/usr/bin/env bash
# A Rust that compiles, lints and formats for this machine and for wasm32.
#
# An ordinary machine asks rustup for the target. Where rustup's server cannot be reached, Debian's own Rust
# (`rustc-web`) serves: it ships the standard library's source, which is compiled for wasm32 once; rustup then learns
# of that toolchain under the name `debian-web` and uses it in this directory, for `cargo` and `trunk` alike.
source "$(dirname "$0")/../lib.sh"

began=$SECONDS
DEBIAN_TOOLCHAIN=debian-web
DEBIAN_PACKAGES=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web)
RUSTUP_SECONDS=300

# Whether the Rust of this directory links programs and tests for wasm32: asked by doing it.
compiles_wasm() {
  local dir kind ok=0
  have rustc || return 1
  dir=$(mktemp -d)
  printf 'fn main() {}\n#[test]\nfn t() {}\n' >"$dir/probe.rs"
  for kind in --crate-type=bin --test; do
    rustc "$kind" --edition 2024 --target "$WASM_TARGET" -o "$dir/probe.wasm" "$dir/probe.rs" >/dev/null 2>&1 || ok=1
  done
  rm -rf "$dir"
  return $ok
}

# Whether the Rust of this directory will do.
serves() { is_recent && compiles_wasm; }

target_from_rustup() {
  have rustup || return 1
  step "wasm32: asking rustup for the $WASM_TARGET standard library"
  RUST_BACKTRACE=0 timeout "$RUSTUP_SECONDS" rustup target add "$WASM_TARGET" </dev/null >&2 || return 1
  serves
}

# For who keeps an older Rust: the right one beside it, used in this directory.
toolchain_from_rustup() {
  have rustup && ! is_recent || return 1
  step "rust: asking rustup for Rust $RUST_VERSION, to be used in this directory"
  RUST_BACKTRACE=0 timeout "$RUSTUP_SECONDS" rustup toolchain install "$RUST_VERSION" --profile default --target "$WASM_TARGET" \
    --no-self-update </dev/null >&2 || return 1
  rustup override set "$RUST_VERSION" >&2 || return 1
  serves
}

debian_sysroot_has_wasm() {
  (PATH=/usr/bin:/bin && unset RUSTUP_TOOLCHAIN && compiles_wasm)
}

# Compiles std, panic_abort and test from Debian's source and puts the libraries where Debian's rustc looks for them.
build_debian_std() {
  local dir libs
  dir=$(mktemp -d)
  libs=$(/usr/bin/rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib
  mkdir -p "$dir/src"
  printf '[package]\nname = "throwaway"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$dir/Cargo.toml"
  printf 'fn main() {}\n' >"$dir/src/main.rs"
  # Embedded bitcode: without it no later build can use link time optimisation.
  (
    cd "$dir"
    env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR PATH=/usr/bin:/bin RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
      RUSTFLAGS=-Cembed-bitcode=yes /usr/bin/cargo build --quiet -Z build-std=std,panic_abort,test \
      --target "$WASM_TARGET" --release </dev/null >&2
  ) || return 1
  as_root rm -rf "$libs" || return 1
  as_root mkdir -p "$libs" || return 1
  find "$dir/target/$WASM_TARGET/release/deps" -name '*.rlib' ! -name 'libthrowaway-*' -print0 |
    as_root xargs -0 cp -t "$libs" || return 1
  rm -rf "$dir"
}

toolchain_from_debian() {
  have apt-get || return 1
  if ! debian_sysroot_has_wasm; then
    step "wasm32: installing Debian's Rust (${DEBIAN_PACKAGES[*]})"
    apt_install "${DEBIAN_PACKAGES[@]}" || return 1
    # rust-lld is a link to the lld of one LLVM release, `lld-22` for example, which the package does not bring along.
    apt_install "$(basename "$(readlink /usr/bin/rust-lld)")" || return 1
    step "wasm32: compiling the standard library from Debian's source, about a minute"
    build_debian_std || return 1
    debian_sysroot_has_wasm || return 1
  fi
  if have rustup; then
    step "wasm32: linking Debian's Rust as the toolchain '$DEBIAN_TOOLCHAIN', used in this directory"
    rustup toolchain link "$DEBIAN_TOOLCHAIN" /usr >&2 || return 1
    rustup override set "$DEBIAN_TOOLCHAIN" >&2 || return 1
  fi
  serves
}

if ! serves; then
  target_from_rustup || toolchain_from_rustup || toolchain_from_debian ||
    fail "there is no Rust $RUST_VERSION or newer that compiles for $WASM_TARGET" \
      "with a network: install rustup from https://rustup.rs, then 'rustup update stable'" \
      "on Debian without rustup's server: run this as root, it needs the packages ${DEBIAN_PACKAGES[*]}" \
      "if RUSTUP_TOOLCHAIN is set, unset it: it overrides the choice made here"
fi
if ! lints_and_formats; then
  step "rust: adding clippy and rustfmt"
  rustup component add clippy rustfmt </dev/null >&2 || true
  lints_and_formats || fail "clippy and rustfmt are missing" "rustup component add clippy rustfmt"
fi
step "rust: $(rustc --version), links for $WASM_TARGET ($((SECONDS - began)) s)"
