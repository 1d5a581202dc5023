package control

import (
	"sync"
	"time"

	"failsim/server"
)

// snapshot is a fleet as all streams see it that look within half a tick. It is taken under the fleet's lock, and put into words without it, by
// the first stream that tells it.
type snapshot struct {
	taken           time.Time // of the wall clock
	resets, version uint64
	clock           server.ClockState
	parts           *texts // those of a change but the groups, in the order of parts
	groups          *texts // shared by the snapshots between which only time has passed
}

// parts are the names of the parts of a change that are told whole.
func parts() []string { return []string{"clock", "idle", "api_blocked", "lasting", "quota", "outages"} }

// snapshot gives the latest one if it will do, or takes a new one. It is called under the fleet's lock.
func (s *Server) snapshot(sight server.Sight) *snapshot {
	old, now := s.latest, s.wallClock()
	if old.sameWorld(sight) && old.sameTime(sight, now, s.tick) {
		return old
	}
	w := sight.World
	s.outages.follow(sight)
	outages := outagesNow{s.outages.totals(w), []window{}}
	for _, n := range s.outages.newest(w) {
		o := w.OutageAt(n)
		outages.Latest = append(outages.Latest, s.window(w, n, &o))
	}
	s.latest = &snapshot{taken: now, resets: sight.Resets, version: sight.Version, clock: sight.Clock,
		parts: &texts{values: []any{s.clock(sight.Clock), w.Idle(), w.APIBlocked(), lastingNow(w), s.quota(w), outages}}}
	if old.sameWorld(sight) {
		s.latest.groups = old.groups
		return s.latest
	}
	s.latest.groups = &texts{}
	for _, g := range s.groups(w) {
		s.latest.groups.values = append(s.latest.groups.values, g)
	}
	return s.latest
}

// sameWorld tells whether nothing but time has passed since.
func (s *snapshot) sameWorld(sight server.Sight) bool {
	return s != nil && s.resets == sight.Resets && s.version == sight.Version
}

// sameTime tells whether the clock goes as it went, and stands where it stood, or was seen to run within half a tick: a stream that looks
// every tick sees it move each time.
func (s *snapshot) sameTime(sight server.Sight, now time.Time, tick time.Duration) bool {
	was, is := &s.clock, &sight.Clock
	if was.Speed != is.Speed || was.Paused != is.Paused {
		return false
	}
	runs := !is.Paused && is.Speed != server.SpeedMax
	return was.Now == is.Now || runs && now.Sub(s.taken) < tick/2
}

// outagesNow is what a change has of the outages: what they come to, and the latest windows of node groups, newest first.
type outagesNow struct {
	Totals []total  `json:"totals"`
	Latest []window `json:"latest"`
}

// texts are values, and their JSON once somebody asks for it.
type texts struct {
	values []any
	once   sync.Once
	texts  [][]byte
	err    error
}

func (t *texts) encoded() ([][]byte, error) {
	t.once.Do(func() {
		t.texts = make([][]byte, len(t.values))
		for i := 0; i < len(t.values) && t.err == nil; i++ {
			t.texts[i], t.err = encode(t.values[i])
		}
		t.values = nil
	})
	return t.texts, t.err
}
