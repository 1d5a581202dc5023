package sigv4

import (
	"crypto/sha256"
	"strings"
	"sync"
)

// maxSigningKeys bounds the memory of signingKeys: a client uses one a day for each region and service.
const maxSigningKeys = 256

// signingKeys remembers derived keys, which saves four of the five HMACs of a request. Only keys that have verified a request
// come in, so a stranger cannot crowd out the others. The zero value is empty and ready.
type signingKeys struct {
	mu    sync.RWMutex
	known map[scope][sha256.Size]byte
}

// derive returns the key for a scope: HMACs of day, region, service and the terminator, one with the result of the other.
func (k *signingKeys) derive(s scope, secret string) [sha256.Size]byte {
	k.mu.RLock()
	key, ok := k.known[s]
	k.mu.RUnlock()
	if ok {
		return key
	}
	text := []byte("AWS4" + secret)
	for _, part := range []string{s.day, s.region, s.service, "aws4_request"} {
		text = sum(text, []byte(part))
	}
	return [sha256.Size]byte(text)
}

// remember keeps a derived key. A full memory is emptied: what is in use comes back with the next requests.
func (k *signingKeys) remember(s scope, key [sha256.Size]byte) {
	k.mu.RLock()
	_, ok := k.known[s]
	k.mu.RUnlock()
	if ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxSigningKeys {
		k.known = make(map[scope][sha256.Size]byte)
	}
	// The parts of a scope are pieces of a whole header, which must not stay in memory with them.
	s = scope{strings.Clone(s.accessKeyID), strings.Clone(s.day), strings.Clone(s.region), strings.Clone(s.service)}
	k.known[s] = key
}
