// IPNS entries as boxo (the library of Kubo) makes them: the other half of tests/vectors/ipns.txt. In a folder with
//
//	go mod init x && go get github.com/ipfs/boxo@v0.35.2 github.com/libp2p/go-libp2p@v0.51.0
//
//	go run main.go PATH_OF_libp2p_keys.txt
package main

import (
	"encoding/hex"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ipfs/boxo/ipns"
	"github.com/ipfs/boxo/path"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	where := "/ipfs/bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
	value := must(path.NewPath(where))
	end := time.Date(2100, 1, 1, 0, 0, 0, 5, time.UTC)
	line := regexp.MustCompile(`(?m)^(type|private) = (\w+)$`)
	for _, key := range strings.Split(string(must(os.ReadFile(os.Args[1]))), "\n\n") {
		found := line.FindAllStringSubmatch(key, 2)
		if len(found) != 2 {
			continue
		}
		secret := must(crypto.UnmarshalPrivateKey(must(hex.DecodeString(found[1][2]))))
		name := ipns.NameFromPeer(must(peer.IDFromPrivateKey(secret)))
		for sequence := uint64(23); sequence < 25; sequence++ {
			options := []ipns.Option{ipns.WithV1Compatibility(sequence == 23)}
			record := must(ipns.NewRecord(secret, value, sequence, end, 90*time.Second, options...))
			entry := must(ipns.MarshalRecord(record))
			if err := ipns.ValidateWithName(record, name); err != nil {
				panic(err)
			}
			fmt.Printf("\nmaker = go\ntype = %s\nkey = %x\nentry = %x\nvalue = %x\n", found[0][2], string(name.RoutingKey()), entry, where)
			fmt.Printf("sequence = %d\nvalidity = %s\nttl = 90000000000\n", sequence, end.Format(time.RFC3339Nano))
		}
	}
}
