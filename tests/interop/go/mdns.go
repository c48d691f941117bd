// Discovery by multicast DNS.
package main

import (
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
)

// discovered says whom multicast DNS found.
type discovered struct{}

// HandlePeerFound is called by the mDNS service.
func (discovered) HandlePeerFound(found peer.AddrInfo) {
	addrs := []string{}
	for _, a := range found.Addrs {
		addrs = append(addrs, a.String())
	}
	say(map[string]any{"event": "discovered", "peer": found.ID.String(), "addrs": addrs})
}

// startMDNS announces the host, and says whom it discovers.
func startMDNS(h host.Host) error {
	return mdns.NewMdnsService(h, "", discovered{}).Start()
}
