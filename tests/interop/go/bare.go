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

// lanes calls work count times from parallel goroutines; the first error ends it.
func lanes(count, parallel int, work func() error) error {
	var left atomic.Int64
	left.Store(int64(count))
	var wg sync.WaitGroup
	failed := make(chan error, parallel)
	for range parallel {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := work(); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	return <-failed
}

func handshakes(addr string, opt options) error {
	t, _, err := newTransport(opt)
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromString(addr)
	if err != nil {
		return err
	}
	start := time.Now()
	err = lanes(opt.count, opt.parallel, func() error {
		c, err := dialBare(t, info)
		if err != nil {
			return err
		}
		return c.Close()
	})
	if err != nil {
		return err
	}
	seconds := time.Since(start).Seconds()
	say(map[string]any{"type": "handshakes", "count": opt.count, "parallel": opt.parallel,
		"seconds": seconds, "perSecond": float64(opt.count) / seconds})
	return nil
}

func idle(addr string, opt options) error {
	t, _, err := newTransport(opt)
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromString(addr)
	if err != nil {
		return err
	}
	var held atomic.Int64
	err = lanes(opt.count, 16, func() error {
		c, err := dialBare(t, info)
		if err != nil {
			return err
		}
		go func() {
			held.Add(1)
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
