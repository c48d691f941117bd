// Connections without a host: transport, security and muxer alone. Handshakes are measured here, so
// that go-libp2p is not charged for identify, and one process can hold many connections to one peer.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	ma "github.com/multiformats/go-multiaddr"
)

func listenAddr(opt options) string {
	family := "ip4"
	for _, c := range opt.host {
		if c == ':' {
			family = "ip6"
		}
	}
	return fmt.Sprintf("/%s/%s/tcp/0", family, opt.host)
}

func newTransport(opt options) (*tcp.TcpTransport, peer.ID, error) {
	psk, err := readPSK(opt)
	if err != nil {
		return nil, "", err
	}
	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		return nil, "", err
	}
	muxers := []upgrader.StreamMuxer{{ID: yamux.ID, Muxer: yamux.DefaultTransport}}
	secure, err := noise.New(noise.ID, key, muxers)
	if err != nil {
		return nil, "", err
	}
	none := &network.NullResourceManager{}
	up, err := upgrader.New([]sec.SecureTransport{secure}, muxers, psk, none, nil)
	if err != nil {
		return nil, "", err
	}
	t, err := tcp.NewTCPTransport(up, none, nil, tcp.DisableReuseport())
	return t, id, err
}

// refuseStreams answers whatever the peer opens (identify, say) until the connection ends.
func refuseStreams(c transport.CapableConn) {
	for {
		s, err := c.AcceptStream()
		if err != nil {
			return
		}
		_ = s.Reset()
	}
}

func listenBare(opt options) error {
	t, id, err := newTransport(opt)
	if err != nil {
		return err
	}
	addr, err := ma.NewMultiaddr(listenAddr(opt))
	if err != nil {
		return err
	}
	listener, err := t.Listen(addr)
	if err != nil {
		return err
	}
	full := listener.Multiaddr().String() + "/p2p/" + id.String()
	say(map[string]any{"event": "listening", "addr": full, "peer": id.String()})
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				refuseStreams(c)
				_ = c.Close()
			}()
		}
	}()
	<-untilSignal()
	return nil
}

func dialBare(t *tcp.TcpTransport, info *peer.AddrInfo) (transport.CapableConn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return t.Dial(ctx, info.Addrs[0], info.ID)
}

// lanes calls work count times from parallel goroutines; the first error ends it. Each goroutine has a
// transport, and so an identity, of its own: a listener may bound the connections of one peer.
func lanes(addr string, opt options, parallel int, work func(transport.CapableConn) error) (time.Duration, error) {
	info, err := peer.AddrInfoFromString(addr)
	if err != nil {
		return 0, err
	}
	dialers := make([]*tcp.TcpTransport, parallel)
	for i := range dialers {
		if dialers[i], _, err = newTransport(opt); err != nil {
			return 0, err
		}
	}
	var left atomic.Int64
	left.Store(int64(opt.count))
	var wg sync.WaitGroup
	failed := make(chan error, parallel)
	start := time.Now()
	for _, t := range dialers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				c, err := dialBare(t, info)
				if err == nil {
					err = work(c)
				}
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	spent := time.Since(start)
	close(failed)
	return spent, <-failed
}

func handshakes(addr string, opt options) error {
	spent, err := lanes(addr, opt, opt.parallel, func(c transport.CapableConn) error {
		return c.Close()
	})
	if err != nil {
		return err
	}
	say(map[string]any{"type": "handshakes", "count": opt.count, "parallel": opt.parallel,
		"seconds": spent.Seconds(), "perSecond": float64(opt.count) / spent.Seconds()})
	return nil
}

func idle(addr string, opt options) error {
	var held atomic.Int64
	_, err := lanes(addr, opt, 16, func(c transport.CapableConn) error {
		held.Add(1)
		go func() {
			refuseStreams(c)
			held.Add(-1)
		}()
		return nil
	})
	if err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond) // a connection that the peer refuses is closed by then
	say(map[string]any{"event": "idle", "count": held.Load()})
	<-untilSignal()
	return nil
}
