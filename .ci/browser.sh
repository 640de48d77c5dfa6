# shellcheck shell=bash
# Where the tests find a browser and its driver: named by CHROMIUM and CHROMEDRIVER, or on PATH.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Prints the first of the given commands or paths that can be run.
first_of() {
  local candidate
  for candidate in "$@"; do
    if [ -n "$candidate" ] && have "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

find_browser() {
  first_of "${CHROMIUM:-}" chromium chromium-browser google-chrome-stable google-chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
}

find_driver() {
  first_of "${CHROMEDRIVER:-}" "${CHROMEWEBDRIVER:+$CHROMEWEBDRIVER/chromedriver}" chromedriver
}
