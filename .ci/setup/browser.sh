#!/usr/bin/env bash
# Chromium, its driver and Korean glyphs, for the tests that run in a browser.
source "$(dirname "$0")/../browser.sh"

if ! { find_browser && find_driver; } >/dev/null; then
  step "browser: installing Debian's chromium and chromium-driver"
  apt_install chromium chromium-driver || true
fi
find_browser >/dev/null || fail "no Chromium or Chrome found" \
  "install Chromium (Debian: apt-get install chromium), or set CHROMIUM to its executable"
find_driver >/dev/null || fail "no chromedriver found" \
  "install it (Debian: apt-get install chromium-driver), or set CHROMEDRIVER to its executable"
step "browser: $(find_browser), $(find_driver)"

if have fc-list && [ -n "$(fc-list :lang=ko)" ]; then
  step "fonts: Korean glyphs are there"
elif apt_install fonts-nanum fontconfig; then
  step "fonts: installed fonts-nanum"
else
  step "fonts: no Korean font and no apt to install one; screenshots will lack Korean glyphs"
fi
