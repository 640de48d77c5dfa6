# shellcheck shell=bash
# What the scripts here share: where the project is, which versions it wants, and how a step speaks.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PATH="$PWD/node_modules/.bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# The one place of each version is the file that its tool reads.
TRUNK_VERSION=$(sed -n 's/^trunk-version = "\^\(.*\)"$/\1/p' Trunk.toml)
BINDGEN_VERSION=$(sed -n 's/^wasm-bindgen = "=\(.*\)"$/\1/p' Cargo.toml)
RUST_VERSION=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
NODE_VERSION=20
export TRUNK_VERSION BINDGEN_VERSION RUST_VERSION NODE_VERSION

WASM_TARGET=wasm32-unknown-unknown
export WASM_TARGET

# One line on what is being done. Steps go to stderr so that they stay in order with the tools' own messages.
step() { printf '== %s\n' "$*" >&2; }

# Stops with what went wrong and what to do about it.
# usage: fail "what went wrong" "what to do" ...
fail() {
  printf 'FAILED: %s\n' "$1" >&2
  shift
  printf '   -> %s\n' "$@" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Whether the Rust in use is at least the one that the project wants.
is_recent() {
  local version
  version=$(rustc --version 2>/dev/null | cut -d' ' -f2) || return 1
  [ "$(printf '%s\n' "$RUST_VERSION" "${version%%-*}" | sort -V | head -n 1)" = "$RUST_VERSION" ]
}

# Whether it comes with clippy and rustfmt.
lints_and_formats() {
  cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}

# Runs a command with the rights that installing packages needs.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo && sudo -n true 2>/dev/null; then
    sudo -n "$@"
  elif have sudo && [ -t 0 ]; then
    sudo "$@"
  else
    return 1
  fi
}

# Installs Debian packages, refreshing the package lists once per run; fails quietly where there is no apt.
# Lists that cannot be refreshed may still do, and another apt at work is waited for.
apt_install() {
  have apt-get || return 1
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  if [ -z "${APT_REFRESHED:-}" ]; then
    as_root "${apt[@]}" update </dev/null >&2 || true
    export APT_REFRESHED=1
  fi
  as_root "${apt[@]}" install -y --no-install-recommends "$@" </dev/null >&2
}
