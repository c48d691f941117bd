#!/usr/bin/env bash
# Makes one of the foreign peers ready and prints the path of a program that runs it.
#
#   peers.sh js|kad|p2pd|mlkem|go|rust|noise
#
# kad is js-libp2p with Kademlia; p2pd is the published client of libp2p's daemons, with what it does to `wavu p2pd`.
# Two know no libp2p: mlkem is another ML-KEM-768, of the same packages as js (tests/crypto/mlkem_noble.sh); noise makes
# transcripts of the hybrid handshake, with other implementations of Noise and ML-KEM.
#
# Exit 0 with the path on stdout; 77 with the reason on stderr where this machine cannot have it (no tool, no
# registry); 1 with the tool's last words where the build itself is broken. What is built stays in build/interop
# (INTEROP_DIR moves it); nothing is written into the source tree.
set -u

here=$(cd "$(dirname "$0")" && pwd)
cache=${INTEROP_DIR:-$here/../../build/interop}
mkdir -p "$cache/bin" || exit 1
cache=$(cd "$cache" && pwd)
log=$cache/$1.log

# Words by which npm, go and cargo say that nothing answers, or that a proxy or mirror lacks the package.
unreachable='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|E40[0-9]|E50[0-9]'
unreachable="$unreachable|dial tcp|no such host|i/o timeout|403 Forbidden|404 Not Found|502 Bad Gateway"
unreachable="$unreachable|Could not (resolve|connect)|failed to download|spurious network|network failure|timed out"

skip() {
    echo "$*" >&2
    exit 77
}

# build_failed WHAT: tell a machine without a registry from a build that is broken.
build_failed() {
    if grep -qE "$unreachable" "$log"; then
        skip "$1: the registry cannot be reached"
    fi
    echo "$1 failed:" >&2
    tail -n 5 "$log" >&2
    exit 1
}

# at_least HAVE WANT: compare dotted versions.
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

# The lock is held for the whole build, so that two runs side by side do not build into each other.
lock=$1
case $1 in mlkem | kad | p2pd) lock=js ;; esac
exec 9>"$cache/$lock.lock"
flock -w 900 9 || skip "another run has been building the $1 peer for 15 minutes"

js_install() {
    local fresh=$cache/js.new
    command -v npm >/dev/null || skip "npm is not installed"
    # One small question first: where a firewall drops packets, npm ci would try for minutes.
    timeout 30 npm view libp2p version --fetch-retries=0 --fetch-timeout=15000 >"$log" 2>&1 ||
        skip "npm's registry cannot be reached"
    rm -rf "$fresh" && mkdir -p "$fresh" || exit 1
    cp "$here/js/package.json" "$here/js/package-lock.json" "$fresh/" || exit 1
    (cd "$fresh" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
        --fetch-timeout=30000) >"$log" 2>&1 || { [ $? -eq 124 ] && echo "timed out" >>"$log"; build_failed "npm ci"; }
    cp "$here/js/package-lock.json" "$fresh/installed-lock.json" || exit 1
    rm -rf "$cache/js" && mv "$fresh" "$cache/js"
}

# node_program SCRIPT NAME: a program of Node.js among the installed packages.
node_program() {
    local node
    cmp -s "$here/js/package-lock.json" "$cache/js/installed-lock.json" || js_install
    node=$(ls "$cache"/js/node_modules/node-linux-*/bin/node 2>/dev/null | head -n 1)
    [ -n "$node" ] || node=$(command -v node) || skip "there is no Node.js for this machine"
    at_least "$("$node" --version | tr -d v)" 22 || skip "js-libp2p needs Node.js 22"
    cp "$here/js/$1" "$cache/js/$1" || exit 1
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$cache/js/$1" >"$cache/bin/$2.new" || exit 1
    chmod +x "$cache/bin/$2.new" && mv "$cache/bin/$2.new" "$cache/bin/$2"
}

js_peer() { node_program peer.mjs js_peer; }

p2pd_peer() { node_program p2pd.mjs p2pd_peer; }

kad_peer() { node_program kad.mjs kad_peer; }

mlkem_peer() { node_program mlkem.mjs mlkem_peer; }

go_peer() {
    local need
    command -v go >/dev/null || skip "go is not installed"
    need=$(sed -n 's/^go //p' "$here/go/go.mod")
    at_least "$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')" "$need" ||
        skip "go-libp2p needs Go $need"
    (cd "$here/go" && GOTOOLCHAIN=local GOFLAGS="-mod=readonly -buildvcs=false" timeout 900 nice \
        go build -p 2 -o "$cache/bin/go_peer" .) >"$log" 2>&1 || build_failed "go build"
}

rust_peer() {
    command -v cargo >/dev/null || skip "cargo is not installed"
    at_least "$(cargo --version | cut -d' ' -f2)" 1.88 || skip "rust-libp2p needs Rust 1.88"
    (cd "$here/rust" && CARGO_TARGET_DIR="$cache/rust" timeout 1800 nice cargo build --release --locked -j2) \
        >"$log" 2>&1 || build_failed "cargo build"
    cp "$cache/rust/release/rust_peer" "$cache/bin/rust_peer"
}

noise_peer() {
    command -v cargo >/dev/null || skip "cargo is not installed"
    at_least "$(cargo --version | cut -d' ' -f2)" 1.87 || skip "ml-kem needs Rust 1.87"
    (cd "$here/noise" && CARGO_TARGET_DIR="$cache/noise" timeout 1800 nice cargo build --release --locked -j2) \
        >"$log" 2>&1 || build_failed "cargo build"
    cp "$cache/noise/release/noise_peer" "$cache/bin/noise_peer"
}

case ${1:-} in
js | kad | p2pd | mlkem | go | rust | noise) "$1_peer" && echo "$cache/bin/$1_peer" ;;
*) echo "usage: peers.sh js|kad|p2pd|mlkem|go|rust|noise" >&2 && exit 2 ;;
esac
