#!/bin/sh
# docs/FLOW.md lists the hops of a message; this holds it against a real walk. TAP.
root=$(cd "$(dirname "$0")/../.." && pwd)
program=${WAVU_UNITS:-$root/build/asan}/tools/flow_trace
if [ ! -x "$program" ]; then
    echo "not ok - flow: $program is not built"
    exit 1
fi
exec python3 "$root/tests/house/flow.py" "$root/docs/FLOW.md" "$program"
