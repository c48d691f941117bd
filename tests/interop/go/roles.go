// What the peer serves, and what it does to the peer it dials.
package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

const (
	echoID = protocol.ID("/wavu/echo/1")
	perfID = protocol.ID("/perf/1.0.0")
	pingID = protocol.ID("/ipfs/ping/1.0.0")
	block  = 64 * 1024
)

var roles = map[string]func(host.Host, peer.ID, options) error{
	"identify": func(host.Host, peer.ID, options) error { time.Sleep(50 * time.Millisecond); return nil },
	"hold":     hold,
	"ping":     ping,
	"echo":     echo,
	"perf":     perf,
}

// serve registers echo and perf; go-libp2p serves identify and ping by itself.
func serve(h host.Host) {
	h.SetStreamHandler(echoID, func(s network.Stream) {
		if _, err := io.CopyBuffer(onlyWriter{s}, onlyReader{s}, make([]byte, block)); err != nil {
			_ = s.Reset()
			return
		}
		_ = s.CloseWrite()
	})
	h.SetStreamHandler(perfID, func(s network.Stream) {
		if err := servePerf(s); err != nil {
			_ = s.Reset()
			return
		}
		_ = s.CloseWrite()
	})
}

// onlyReader and onlyWriter keep io.Copy from looking for shortcuts.
type onlyReader struct{ io.Reader }
type onlyWriter struct{ io.Writer }

func servePerf(s network.Stream) error {
	var head [8]byte
	if _, err := io.ReadFull(s, head[:]); err != nil {
		return err
	}
	if _, err := io.CopyBuffer(onlyWriter{io.Discard}, onlyReader{s}, make([]byte, block)); err != nil {
		return err
	}
	return sendZeros(s, binary.BigEndian.Uint64(head[:]), nil)
}

func sendZeros(w io.Writer, total uint64, sent *atomic.Uint64) error {
	zeros := make([]byte, block)
	for left := total; left > 0; {
		n := min(left, block)
		if _, err := w.Write(zeros[:n]); err != nil {
			return err
		}
		left -= n
		if sent != nil {
			sent.Add(n)
		}
	}
	return nil
}

// hold stays until the peer is lost or SIGTERM comes.
func hold(h host.Host, id peer.ID, _ options) error {
	say(map[string]any{"event": "self", "peer": h.ID().String()})
	lost := make(chan struct{}, 1)
	h.Network().Notify(&network.NotifyBundle{DisconnectedF: func(network.Network, network.Conn) {
		select {
		case lost <- struct{}{}:
		default:
		}
	}})
	if h.Network().Connectedness(id) != network.Connected {
		return nil
	}
	select {
	case <-lost:
		time.Sleep(50 * time.Millisecond) // let watch print its line
	case <-untilSignal():
	}
	return nil
}

func summary(values []float64) map[string]any {
	slices.Sort(values)
	at := func(q float64) float64 {
		return values[min(len(values)-1, int(math.Floor(q*float64(len(values)))))]
	}
	return map[string]any{
		"min": values[0], "median": at(0.5), "p99": at(0.99), "max": values[len(values)-1],
	}
}

func ping(h host.Host, id peer.ID, opt options) error {
	s, err := h.NewStream(context.Background(), id, pingID)
	if err != nil {
		return err
	}
	rtts := make([]float64, 0, opt.count)
	var sent, got [32]byte
	for i := range opt.count {
		_, _ = rand.Read(sent[:])
		start := time.Now()
		if _, err := s.Write(sent[:]); err != nil {
			return err
		}
		if _, err := io.ReadFull(s, got[:]); err != nil {
			return err
		}
		rtts = append(rtts, float64(time.Since(start).Nanoseconds())/1e6)
		if sent != got {
			return fmt.Errorf("ping %d came back wrong", i)
		}
	}
	_ = s.Close()
	say(map[string]any{"type": "ping", "count": opt.count, "rttMs": summary(rtts)})
	return nil
}

// echoOne sends n random bytes on s while reading them back, and compares the hashes.
func echoOne(s network.Stream, n int64) error {
	sum := make(chan []byte, 1)
	failed := make(chan error, 1)
	go func() {
		hash := sha256.New()
		_, err := io.CopyBuffer(io.MultiWriter(onlyWriter{s}, hash), io.LimitReader(rand.Reader, n),
			make([]byte, block))
		if err == nil {
			err = s.CloseWrite()
		}
		failed <- err
		sum <- hash.Sum(nil)
	}()
	hash := sha256.New()
	got, err := io.CopyBuffer(onlyWriter{hash}, onlyReader{s}, make([]byte, block))
	if err != nil {
		return err
	}
	if err := <-failed; err != nil {
		return err
	}
	if got != n || !bytes.Equal(hash.Sum(nil), <-sum) {
		return fmt.Errorf("%d bytes came back, or they differ", got)
	}
	return nil
}

func echo(h host.Host, id peer.ID, opt options) error {
	start := time.Now()
	streams := make([]network.Stream, opt.streams)
	for i := range streams {
		s, err := h.NewStream(context.Background(), id, echoID)
		if err != nil {
			return err
		}
		streams[i] = s
	}
	results := make(chan error, len(streams))
	for _, s := range streams {
		go func() { results <- echoOne(s, opt.bytes) }()
	}
	matched := 0
	var failure error
	for range streams {
		if err := <-results; err != nil {
			failure = err
		} else {
			matched++
		}
	}
	say(map[string]any{"type": "echo", "bytes": opt.bytes, "streams": opt.streams,
		"matched": matched, "seconds": time.Since(start).Seconds()})
	return failure
}

// meter prints perf's line of each second until stop is closed.
func meter(up, down *atomic.Uint64, stop <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := time.Now()
	var lastUp, lastDown uint64
	for {
		select {
		case <-stop:
			return
		case now := <-tick.C:
			u, d := up.Load(), down.Load()
			say(map[string]any{"type": "intermediary", "timeSeconds": now.Sub(last).Seconds(),
				"uploadBytes": u - lastUp, "downloadBytes": d - lastDown})
			last, lastUp, lastDown = now, u, d
		}
	}
}

func perf(h host.Host, id peer.ID, opt options) error {
	start := time.Now()
	s, err := h.NewStream(context.Background(), id, perfID)
	if err != nil {
		return err
	}
	var up, down atomic.Uint64
	stop := make(chan struct{})
	go meter(&up, &down, stop)
	defer close(stop)
	head := binary.BigEndian.AppendUint64(nil, opt.download)
	if _, err := s.Write(head); err != nil {
		return err
	}
	if err := sendZeros(s, opt.upload, &up); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	buf := make([]byte, block)
	for err == nil {
		var n int
		n, err = s.Read(buf)
		down.Add(uint64(n))
	}
	if err != io.EOF {
		return err
	}
	if down.Load() != opt.download {
		return fmt.Errorf("asked for %d bytes, got %d", opt.download, down.Load())
	}
	say(map[string]any{"type": "final", "timeSeconds": time.Since(start).Seconds(),
		"uploadBytes": up.Load(), "downloadBytes": down.Load()})
	return nil
}
