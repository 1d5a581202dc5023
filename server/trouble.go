package server

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/query"
	"failsim/sim"
	"failsim/words"
)

// The kinds of trouble that a server can be told to make: things that happen to clients of the real service, or that its documentation does
// not rule out.
const (
	troubleLost500  = "accepted-but-500" // a call that changes something does, and is answered with a 500
	troubleThrottle = "throttling"       // refused with Throttling, which clients repeat
	troubleSlow     = "slow"             // answered after a while of wall time
	troubleDrop     = "drop"             // done, and the connection closed without an answer
	troubleStale    = "stale"            // descriptions of groups and nodes as they were a while of virtual time ago
	troubleTags     = "tags-refused"     // ListTagsForResource refused while the resource or its group is not available, or a node of the group is being replaced
)

// troubles lists the kinds, with the while that each takes if it is not told; 0 for those that take none.
func troubles() (kinds []string, while map[string]time.Duration) {
	return []string{troubleLost500, troubleThrottle, troubleSlow, troubleDrop, troubleStale, troubleTags},
		map[string]time.Duration{troubleSlow: 2 * time.Second, troubleStale: 10 * time.Second}
}

// TroubleKinds lists the kinds.
func TroubleKinds() string {
	kinds, _ := troubles()
	return words.List(kinds)
}

// longestSlow is how long an answer may be kept back: well below the time at which a connection is given up.
const longestSlow = 30 * time.Second

// longestStale bounds how far back a stale description looks.
const longestStale = time.Hour

// Trouble is how often a kind of trouble strikes, 0 to 1, and how long it takes where it takes a while.
type Trouble struct {
	Kind  string
	Rate  float64
	While time.Duration
	Seed  uint64 // of the calls that it strikes; 0 for that of the fleet
}

// ParseTrouble reads KIND=RATE, with or without :DURATION and @SEED, such as slow=0.1:3s@7.
func ParseTrouble(text string) (Trouble, error) {
	text, seed, seeded := strings.Cut(text, "@")
	t, err := parseUnseeded(text)
	if err != nil || !seeded {
		return t, err
	}
	if t.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil || t.Seed == 0 {
		return t, fmt.Errorf("%s: seed %s; want a whole number above 0, such as %s@7", t.Kind, words.Quote(seed), text)
	}
	return t, nil
}

func parseUnseeded(text string) (Trouble, error) {
	kinds, whiles := troubles()
	kind, rest, _ := strings.Cut(text, "=")
	t := Trouble{Kind: kind, While: whiles[kind]}
	if !slices.Contains(kinds, kind) {
		return t, fmt.Errorf("no trouble %s; have %s", words.Quote(kind), words.List(kinds))
	}
	rate, while, long := strings.Cut(rest, ":")
	var err error
	if t.Rate, err = strconv.ParseFloat(rate, 64); err != nil || !(t.Rate >= 0 && t.Rate <= 1) {
		return t, fmt.Errorf("%s: rate %s; want a number from 0 to 1, such as %s=0.1", kind, words.Quote(rate), kind)
	}
	if !long {
		return t, nil
	}
	longest := map[string]time.Duration{troubleSlow: longestSlow, troubleStale: longestStale}[kind]
	if longest == 0 {
		return t, fmt.Errorf("%s takes no duration; want %s=%s", kind, kind, rate)
	}
	if t.While, err = time.ParseDuration(while); err != nil || t.While <= 0 || t.While > longest {
		return t, fmt.Errorf("%s: %s; want a duration up to %v, such as %s=%s:3s", kind, words.Quote(while), longest, kind, rate)
	}
	return t, nil
}

// luck is what a call owes to chance: all of it is a function of the fleet's seed, or the trouble's own, and of the call's number.
type luck struct{ seed, number uint64 }

// troubleMaker decides for each call what strikes it.
type troubleMaker map[string]Trouble

func newTroubleMaker(all []Trouble) troubleMaker {
	m := troubleMaker{}
	for _, t := range all {
		m[t.Kind] = t
	}
	return m
}

// strikes tells whether that kind strikes the call, and how long it takes.
func (m troubleMaker) strikes(kind string, of luck) (time.Duration, bool) {
	t, ok := m[kind]
	if !ok {
		return 0, false
	}
	kinds, _ := troubles()
	stream := cmp.Or(t.Seed, of.seed) ^ uint64(slices.Index(kinds, kind)+1)<<56
	return t.While, rand.New(rand.NewPCG(stream, of.number)).Float64() < t.Rate
}

// before is what strikes a call that has not been done yet. It is not done for a client that has gone.
func (s *Server) before(r *http.Request, of luck) error {
	if while, ok := s.trouble.strikes(troubleSlow, of); ok {
		wait := time.NewTimer(while)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
	if _, ok := s.trouble.strikes(troubleThrottle, of); ok {
		return refuse("Throttling", "Rate exceeded")
	}
	return nil
}

// mayDrop closes the connection where that strikes a call that was done or refused.
func (s *Server) mayDrop(of luck) {
	if _, ok := s.trouble.strikes(troubleDrop, of); ok {
		panic(http.ErrAbortHandler)
	}
}

// mayFail is what strikes a call that has changed something.
func (s *Server) mayFail(of luck) error {
	if _, ok := s.trouble.strikes(troubleLost500, of); ok {
		return &query.Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error.", Status: http.StatusInternalServerError}
	}
	return nil
}

// poll shows the fleet as it stands now, or as it stood a while ago.
func (s *Server) poll(c *call, see func(*sim.World)) {
	if while, ok := s.trouble.strikes(troubleStale, c.luck); ok {
		s.fleet.PollEarlier(while, see)
		return
	}
	s.fleet.Poll(see)
}
