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

native_tests() {
  run "format: cargo fmt --check" "run 'cargo fmt'" cargo fmt --check
  run "lint: clippy, native" "read clippy's findings above; warnings count" \
    cargo clippy --locked --all-targets -- -D warnings
  run "test: native, with doc examples" "run one alone: cargo test NAME" cargo test --locked
}

browser_tests() {
  CHROMIUM=$(find_browser)
  CHROMEDRIVER=$(find_driver)
  export CHROMIUM CHROMEDRIVER
  run "lint: clippy, $WASM_TARGET" "read clippy's findings above; warnings count" \
    cargo clippy --locked --target "$WASM_TARGET" --profile page-dev --lib --bins --test web -- -D warnings
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
