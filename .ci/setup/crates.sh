#!/usr/bin/env bash
# The crates of Cargo.lock, so that trunk can build without a network.
source "$(dirname "$0")/../lib.sh"

host=$(rustc -vV | sed -n 's/^host: //p')
step "crates: fetching what Cargo.lock names"
cargo fetch --quiet --locked --target "$WASM_TARGET" --target "$host" </dev/null >&2 ||
  fail "cargo fetch failed" "read cargo's message above" "if Cargo.toml was edited, run 'cargo check' once to renew Cargo.lock"
