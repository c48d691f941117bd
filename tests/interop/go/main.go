// A go-libp2p peer for wavu's interop tests and benchmarks.
//
// What arrives: a role and its options on the command line (see usage). What leaves: JSON lines on
// stdout, the same ones that js/peer.mjs and rust/src/main.rs print. Exit code 0, or 1 after an
// "error" line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/pnet"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

const usage = `usage: go_peer ROLE [ADDR] [options]
  listen                      serve identify, ping, perf and echo until SIGTERM
  mdns                        the same, and say whom multicast DNS discovers
  identify ADDR               dial, print what identify says
  hold ADDR                   dial and stay; says "disconnected" when the peer is lost
  ping ADDR -c N              N round trips on one stream
  echo ADDR --bytes N --streams K   open K streams, send N bytes on each while reading them back
  perf ADDR --upload-bytes N --download-bytes N
  handshakes ADDR --count N --parallel K
  idle ADDR --count N         hold N connections until SIGTERM
options: --host IP  --psk FILE  --bare (transport, security and muxer alone)
`

// options are the command line, parsed.
type options struct {
	host     string
	psk      string
	bare     bool
	count    int
	parallel int
	bytes    int64
	streams  int
	upload   uint64
	download uint64
}

var sayLock sync.Mutex

// say prints one JSON line.
func say(line map[string]any) {
	sayLock.Lock()
	defer sayLock.Unlock()
	text, err := json.Marshal(line)
	if err == nil {
		fmt.Println(string(text))
	}
}

// parse reads `ROLE [ADDR] [options]`; options may stand anywhere after the role.
func parse(args []string) (role, addr string, opt options, err error) {
	flags := flag.NewFlagSet("go_peer", flag.ContinueOnError)
	flags.StringVar(&opt.host, "host", "127.0.0.1", "")
	flags.StringVar(&opt.psk, "psk", "", "")
	flags.BoolVar(&opt.bare, "bare", false, "")
	flags.IntVar(&opt.count, "count", 1, "")
	flags.IntVar(&opt.count, "c", 1, "")
	flags.IntVar(&opt.parallel, "parallel", 1, "")
	flags.Int64Var(&opt.bytes, "bytes", 65536, "")
	flags.IntVar(&opt.streams, "streams", 1, "")
	flags.Uint64Var(&opt.upload, "upload-bytes", 0, "")
	flags.Uint64Var(&opt.download, "download-bytes", 0, "")
	var words []string
	for len(args) > 0 {
		if err = flags.Parse(args); err != nil {
			return
		}
		args = flags.Args()
		if len(args) > 0 {
			words = append(words, args[0])
			args = args[1:]
		}
	}
	if len(words) > 0 {
		role = words[0]
	}
	if len(words) > 1 {
		addr = words[1]
	}
	return
}

// readPSK returns the private network's key, or nil where none is asked for.
func readPSK(opt options) (pnet.PSK, error) {
	if opt.psk == "" {
		return nil, nil
	}
	file, err := os.Open(opt.psk)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return pnet.DecodeV1PSK(file)
}

// version is the one of go-libp2p that this program was built with.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/libp2p/go-libp2p" {
				return strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	return "unknown"
}

// newHost makes a whole go-libp2p host that speaks TCP, Noise and yamux, and no more.
func newHost(opt options, listen bool) (host.Host, error) {
	psk, err := readPSK(opt)
	if err != nil {
		return nil, err
	}
	opts := []libp2p.Option{
		libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport()),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.ResourceManager(&network.NullResourceManager{}),
		libp2p.DisableRelay(),
		libp2p.DisableMetrics(),
		libp2p.Ping(true),
		libp2p.UserAgent("go-libp2p/" + version()),
	}
	if psk != nil {
		opts = append(opts, libp2p.PrivateNetwork(psk))
	}
	if listen {
		opts = append(opts, libp2p.ListenAddrStrings(listenAddr(opt)))
	} else {
		opts = append(opts, libp2p.NoListenAddrs)
	}
	return libp2p.New(opts...)
}

// watch prints connections made, lost and identified.
func watch(h host.Host) error {
	h.Network().Notify(&network.NotifyBundle{
		ConnectedF: func(_ network.Network, c network.Conn) {
			say(map[string]any{"event": "connected", "peer": c.RemotePeer().String()})
		},
		DisconnectedF: func(_ network.Network, c network.Conn) {
			say(map[string]any{"event": "disconnected", "peer": c.RemotePeer().String()})
		},
	})
	sub, err := h.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	go func() {
		for e := range sub.Out() {
			id := e.(event.EvtPeerIdentificationCompleted)
			say(identified(id))
		}
	}()
	return nil
}

func identified(id event.EvtPeerIdentificationCompleted) map[string]any {
	listen := []string{}
	for _, a := range id.ListenAddrs {
		listen = append(listen, a.String())
	}
	observed := ""
	if id.ObservedAddr != nil {
		observed = id.ObservedAddr.String()
	}
	return map[string]any{
		"event": "identified", "peer": id.Peer.String(), "agent": id.AgentVersion,
		"protocols": id.Protocols, "observed": observed, "listen": listen,
		"signedRecord": id.SignedPeerRecord != nil,
	}
}

func untilSignal() <-chan os.Signal {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGTERM)
	return ch
}

// dial connects and waits for identify, as every go-libp2p program does.
func dial(h host.Host, addr string) (peer.ID, error) {
	info, err := peer.AddrInfoFromString(addr)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return info.ID, h.Connect(ctx, *info)
}

func run(role, addr string, opt options) error {
	switch role {
	case "handshakes":
		return handshakes(addr, opt)
	case "idle":
		return idle(addr, opt)
	case "listen":
		if opt.bare {
			return listenBare(opt)
		}
	}
	listens := role == "listen" || role == "mdns"
	h, err := newHost(opt, listens)
	if err != nil {
		return err
	}
	defer h.Close()
	if err := watch(h); err != nil {
		return err
	}
	serve(h)
	if role == "mdns" {
		if err := startMDNS(h); err != nil {
			return err
		}
	}
	if listens {
		for _, a := range h.Addrs() {
			full := a.String() + "/p2p/" + h.ID().String()
			say(map[string]any{"event": "listening", "addr": full, "peer": h.ID().String()})
		}
		<-untilSignal()
		return nil
	}
	id, err := dial(h, addr)
	if err != nil {
		return err
	}
	return roles[role](h, id, opt)
}

func main() {
	role, addr, opt, err := parse(os.Args[1:])
	_, dials := roles[role]
	listens := role == "listen" || role == "mdns"
	known := dials || listens || role == "handshakes" || role == "idle"
	if err != nil || !known || (!listens && addr == "") {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(role, addr, opt); err != nil {
		say(map[string]any{"event": "error", "message": err.Error()})
		os.Exit(1)
	}
}
