#!/bin/sh
# base/pb against protoc's generated code, in Python, on random messages (tests/base/oracle).
#
# Usage: pb_oracle.sh [BUILD [SEED [MESSAGES]]]. BUILD is the build folder with tools/base_pb_oracle_tool; without it
# WAVU_UNITS names it, or it is the newest. Prints TAP; skips where protoc or python3-protobuf is missing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
seed=${2:-1}
messages=${3:-1000}
build=${1:-${WAVU_UNITS:-}}
tool=tools/base_pb_oracle_tool
if [ -n "$build" ]; then
    tool=$build/$tool
else
    tool=$(ls -t "$here"/../../build/*/$tool 2>/dev/null | head -n 1)
fi
proto=$here/../base/oracle

python=
for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import google.protobuf' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ] || ! command -v protoc >/dev/null; then
    echo "ok - pb agrees with protoc # SKIP protoc or python3-protobuf is not installed"
    exit 0
fi
if [ ! -x "$tool" ]; then
    echo "not ok - pb agrees with protoc"
    echo "# base_pb_oracle_tool is missing: build the tests first"
    exit 1
fi

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
protoc --proto_path="$proto" --python_out="$made" "$proto/pb_oracle.proto"
"$python" -B "$proto/pb_oracle.py" "$tool" "$made" "$seed" "$messages"
