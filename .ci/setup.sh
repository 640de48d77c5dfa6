#!/usr/bin/env bash
# Installs what is missing, and nothing else. With no argument: everything that building the page needs.
# usage: .ci/setup.sh [wasm|tools|npm|crates|browser]...
source "$(dirname "$0")/lib.sh"

parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(wasm tools npm crates)
for part in "${parts[@]}"; do
  "./.ci/setup/$part.sh"
done
