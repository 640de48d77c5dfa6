#!/usr/bin/env bash
# The npm packages of package-lock.json, when they are not the ones in node_modules already.
source "$(dirname "$0")/../lib.sh"

if ! have node || ! have npm; then
  fail "node and npm are missing" "install Node.js $NODE_VERSION or newer: https://nodejs.org"
fi
major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" -ge "$NODE_VERSION" ] || fail "node $(node --version) is too old" "install Node.js $NODE_VERSION or newer"

stamp=node_modules/.installed-lock
if cmp -s package-lock.json "$stamp"; then
  step "npm: packages are there"
else
  step "npm: installing the packages of package-lock.json"
  npm ci --no-progress --loglevel=error </dev/null >&2 ||
    fail "npm ci failed" "read npm's message above" "if package.json was edited by hand, run 'npm install' once"
  cp package-lock.json "$stamp"
fi
