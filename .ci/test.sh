#!/usr/bin/env bash
# Every test, after installing what they need. Stops at the first failure.
# usage: .ci/test.sh [native|browser]   (default: both)
source "$(dirname "$0")/browser.sh"

what=${1:-all}
began=$SECONDS

# Runs one step and says how long it took.
# usage: run "what it is" "what to do when it fails" COMMAND...
run() {
  local title=$1 advice=$2 start=$SECONDS
  shift 2
  step "$title"
  "$@" </dev/null || fail "$title" "$advice"
  step "$title: ok, $((SECONDS - start)) s"
}

# Clippy's findings fail the run under the Rust that the project is written with. A newer clippy knows lints that nobody
# could heed yet: what those find is shown and does not fail.
# usage: lint "what it is" FLAGS...
lint() {
  local title=$1 version deny=(-D warnings)
  shift
  version=$(rustc --version | cut -d' ' -f2)
  if [[ $version != "$RUST_VERSION".* ]]; then
    step "lint: Rust $version is newer than $RUST_VERSION, its findings are shown only"
    deny=()
  fi
  run "lint: clippy, $title" "read clippy's findings above; warnings count" \
    cargo clippy --locked "$@" -- "${deny[@]}"
}

# Where this directory uses Debian's Rust for wasm32's sake, native code still uses the rustup toolchain of everybody.
use_native_toolchain() {
  local usual
  have rustup || return 0
  usual=$(rustup default 2>/dev/null | cut -d' ' -f1)
  if [ -n "$usual" ] && [ -z "${RUSTUP_TOOLCHAIN:-}" ] && RUSTUP_TOOLCHAIN=$usual is_recent &&
    RUSTUP_TOOLCHAIN=$usual lints_and_formats; then
    export RUSTUP_TOOLCHAIN=$usual
  fi
}

# In a subshell: the choice of toolchain ends with it.
native_tests() (
  use_native_toolchain
  step "native: $(rustc --version)"
  run "format: cargo fmt --check" "run 'cargo fmt'" cargo fmt --check
  lint native --all-targets
  run "test: native, with doc examples" "run one alone: cargo test NAME" cargo test --locked --no-fail-fast
)

browser_tests() {
  CHROMIUM=$(find_browser)
  CHROMEDRIVER=$(find_driver)
  export CHROMIUM CHROMEDRIVER
  lint "$WASM_TARGET" --target "$WASM_TARGET" --profile page-dev --lib --bins --test web
  run "test: the page's code in headless Chromium" "run it alone: cargo test --target $WASM_TARGET --profile page-dev --test web" \
    cargo test --locked --target "$WASM_TARGET" --profile page-dev --test web
  run "build: the page (development)" "run 'trunk build' and read its messages" trunk build
  run "test: the built page end to end" "run it alone: node --test tests/e2e/ (screenshots: target/e2e/)" \
    node --test --test-reporter=spec tests/e2e/
}

case $what in
  all)
    ./.ci/setup.sh wasm tools npm crates browser
    native_tests
    browser_tests
    ;;
  native)
    ./.ci/setup.sh wasm
    native_tests
    ;;
  browser)
    ./.ci/setup.sh wasm tools npm crates browser
    browser_tests
    ;;
  *) fail "unknown part '$what'" "usage: .ci/test.sh [native|browser]" ;;
esac

step "all passed in $((SECONDS - began)) s"
