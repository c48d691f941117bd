# Two network namespaces joined by a cable: a node's, and one that owns 10.78.0.0/16, so that whoever runs there can come
# from 65,536 addresses in 256 prefixes. Sourced by tests and benchmarks; network_up sets $inside and $outside.

NETWORK_NODE=10.77.0.1
NETWORK_HONEST=10.77.128.1
NETWORK_CROWD=10.78.0.0

# Why there can be no such network here; nothing when there can.
network_obstacle() {
    if [ "$(id -u)" -ne 0 ]; then
        echo "network namespaces take root"
    elif ! command -v ip >/dev/null; then
        echo "iproute2 is not installed"
    elif ! ip netns add "wavu${BASHPID}t" 2>/dev/null; then
        echo "this machine lets nobody make network namespaces"
    else
        ip netns delete "wavu${BASHPID}t"
        if ! ip link add "wavu${BASHPID}t" type veth peer name "wavu${BASHPID}u" 2>/dev/null; then
            echo "this machine has no veth interfaces"
        else
            ip link delete "wavu${BASHPID}t"
        fi
    fi
}

network_up() {
    inside=wavu${BASHPID}n
    outside=wavu${BASHPID}a
    ip netns add "$inside" && ip netns add "$outside" &&
        ip -n "$inside" link add cable type veth peer name cable netns "$outside" &&
        ip -n "$inside" link set lo up && ip -n "$outside" link set lo up &&
        ip -n "$inside" address add $NETWORK_NODE/16 dev cable &&
        ip -n "$outside" address add $NETWORK_HONEST/16 dev cable &&
        ip -n "$inside" link set cable up && ip -n "$outside" link set cable up &&
        ip -n "$inside" route add $NETWORK_CROWD/16 via $NETWORK_HONEST &&
        ip -n "$outside" route add local $NETWORK_CROWD/16 dev lo
}

# The processes in it must have ended.
network_down() {
    ip netns delete "${inside:-}" 2>/dev/null
    ip netns delete "${outside:-}" 2>/dev/null
}
