package server_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"failsim/scenario"
	"failsim/server"
	"failsim/sim"
)

// now is the fleet's instant.
func (s *service) now() time.Duration { return time.Duration(s.fleet.Clock().Now) }

// wait lets wall time pass.
func (s *service) wait(d time.Duration) { *s.wall = s.wall.Add(d) }

func (s *service) at(want time.Duration) {
	s.t.Helper()
	if got := s.now(); got != want {
		s.t.Errorf("virtual time %v, want %v", got, want)
	}
}

func TestVirtualTimePassesAtItsSpeed(t *testing.T) {
	s := serve(t, zoo, 60, server.Settings{})
	s.at(0)
	s.wait(time.Second)
	s.at(time.Minute)
	s.fleet.SetSpeed(1)
	s.wait(time.Second)
	s.at(61 * time.Second)
	s.fleet.Pause()
	s.wait(time.Hour)
	s.at(61 * time.Second)
	s.fleet.SetSpeed(10) // for when it goes on
	s.fleet.Advance(9 * time.Second)
	s.at(70 * time.Second)
	s.fleet.Resume()
	s.wait(3 * time.Second)
	s.at(100 * time.Second)
	s.wait(-time.Hour) // a wall clock that is set back
	s.at(100 * time.Second)
	s.fleet.SetSpeed(server.SpeedMax)
	s.wait(time.Hour)
	s.at(100 * time.Second)
	s.fleet.Reset(1)
	s.at(0)
}

// TestClientsSeeTheirOwnCallFromTheirOwnClock: a client asks for the events since its own clock's now, calls TestFailover, and polls until
// the recovery is finished, at any time after the start or a reset, and however long a World takes to be made.
func TestClientsSeeTheirOwnCallFromTheirOwnClock(t *testing.T) {
	sc, err := scenario.Parse("scenario.toml", []byte(zoo), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, speed := range []server.Speed{1, 60, server.SpeedMax} {
		wall := time.Date(2030, 5, 5, 0, 0, 0, 0, time.UTC)
		s := &service{t: t, wall: &wall}
		s.fleet = server.NewFleet(&sc.Config, 1, server.Clock{Speed: speed, StartsNow: true, Wall: func() time.Time {
			wall = wall.Add(time.Millisecond)
			return wall
		}})
		s.Handler = server.New(s.fleet, server.Settings{})
		for _, later := range []time.Duration{0, 13 * time.Minute, 26 * time.Hour} {
			s.wait(later)
			since := wall.UTC().Format(time.RFC3339Nano)
			s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
			var seen []string
			for range 60 {
				if seen = s.call("DescribeEvents", "StartTime", since).fine().texts("DescribeEventsResult>Events>Event>Message"); len(seen) == 5 {
					break
				}
				s.wait(15 * time.Second)
			}
			if len(seen) != 5 || !strings.HasPrefix(seen[0], "Finished recovery") {
				t.Errorf("speed %v, %v later: %d events since the client's now: %q", speed, later, len(seen), seen)
			}
			s.fleet.Reset(1)
			if clock := s.fleet.Clock(); wall.Sub(clock.Start) > 10*time.Millisecond {
				t.Errorf("speed %v: virtual zero at %v after a reset at %v", speed, clock.Start, wall)
			}
		}
	}
}

// bounded is a service whose session is.
func bounded(t *testing.T, speed server.Speed, bounds *server.Bounds) *service {
	t.Helper()
	sc, err := scenario.Parse("scenario.toml", []byte(zoo), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, wall: new(time.Date(2030, 5, 5, 0, 0, 0, 0, time.UTC))}
	s.fleet = server.NewFleet(&sc.Config, 1, server.Clock{Speed: speed, Bounds: bounds, Wall: func() time.Time { return *s.wall }})
	s.Handler = server.New(s.fleet, server.Settings{})
	return s
}

// TestAGameDayFollowsTheDatesOfItsCalls: at any speed a script fails one shard over after the other, and polls for the end of each since the Date of
// its call's own event: it never takes the failover before for its own.
func TestAGameDayFollowsTheDatesOfItsCalls(t *testing.T) {
	for _, speed := range []server.Speed{1, 60, server.SpeedMax} {
		s := serve(t, zoo, speed, server.Settings{})
		for _, shard := range [][2]string{{"carts", "0001"}, {"orders", "0001"}, {"orders", "0002"}, {"split", "0001"}, {"carts", "0001"}} {
			s.call("TestFailover", "ReplicationGroupId", shard[0], "NodeGroupId", shard[1]).fine()
			since := s.call("DescribeEvents", "SourceIdentifier", shard[0], "Duration", "600").fine().root.text("DescribeEventsResult>Events>Event>Date")
			var told []string
			for polls := 0; len(told) == 0 || !strings.HasPrefix(told[0], "Finished recovery"); polls++ {
				if s.wait(15 * time.Second); polls > 100 {
					t.Fatalf("speed %v: %v: no end in 100 polls", speed, shard)
				}
				told = s.call("DescribeEvents", "StartTime", since, "SourceType", "cache-cluster").fine().texts("DescribeEventsResult>Events>Event>Message")
			}
			if len(told) != 3 {
				t.Errorf("speed %v: %v: cache clusters tell %q", speed, shard, told)
			}
		}
	}
}

// TestPollsJumpAtSpeedMax: a poll goes to the next event, a call that changes something does not move time.
func TestPollsJumpAtSpeedMax(t *testing.T) {
	s := serve(t, zoo, server.SpeedMax, server.Settings{})
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
	s.at(0)
	for _, action := range []string{"DescribeEvents", "DescribeReplicationGroups", "DescribeCacheClusters"} {
		next := time.Duration(s.fleet.Clock().Next)
		s.call(action).fine()
		s.at(next)
	}
	for range 100 {
		s.call("DescribeEvents").fine()
	}
	if clock := s.fleet.Clock(); clock.Next != sim.Never {
		t.Errorf("after 100 polls the next event is at %v, want none", clock.Next)
	}
	if n := len(s.call("DescribeEvents").fine().all("DescribeEventsResult>Events>Event")); n != 5 {
		t.Errorf("%d events, want the five of a failover", n)
	}
	idle := s.now()
	s.call("DescribeEvents").fine()
	s.at(idle)
}

// TestAPausedClockStandsStillForPolls, at SpeedMax too.
func TestAPausedClockStandsStillForPolls(t *testing.T) {
	s := serve(t, zoo, server.SpeedMax, server.Settings{})
	s.fleet.Pause()
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
	s.call("DescribeEvents").fine()
	s.at(0)
	s.fleet.Resume()
	s.call("DescribeEvents").fine()
	if s.now() == 0 {
		t.Error("a poll after Resume does not move time")
	}
}

func TestTheClockCanBeMoved(t *testing.T) {
	s := still(t, zoo)
	s.fleet.AdvanceToNext() // nothing is left to happen
	s.fleet.AdvanceUntilIdle()
	s.at(0)
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
	next := time.Duration(s.fleet.Clock().Next)
	s.fleet.AdvanceToNext()
	s.at(next)
	if clock := s.fleet.AdvanceUntilIdle(); !clock.Date.Equal(start().Add(time.Duration(clock.Now))) {
		t.Errorf("%v is not %v after the start", clock.Date, clock.Now)
	}
	if n := len(s.call("DescribeEvents").fine().all("DescribeEventsResult>Events>Event")); n != 5 {
		t.Errorf("%d events when the fleet is idle, want the five of a failover", n)
	}
	for range 3 {
		s.fleet.Advance(math.MaxInt64) // beyond what an instant can be
	}
	if now := s.now(); now < 100*365*24*time.Hour {
		t.Errorf("time stops at %v", now)
	}
	s.call("DescribeEvents").fine()
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001")
}

// TestABoundedFleetStopsAtItsEnd, at any speed, and however it is moved; what a client does then still has an instant of its own.
func TestABoundedFleetStopsAtItsEnd(t *testing.T) {
	for _, speed := range []server.Speed{1, 1_000_000, server.SpeedMax} {
		s := bounded(t, speed, &server.Bounds{End: sim.Time(time.Hour), Seed: 9})
		s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
		for _, move := range []func(){
			func() { s.wait(2 * time.Hour) },
			func() { s.fleet.Advance(2 * time.Hour) },
			func() { s.fleet.AdvanceToNext(); s.fleet.AdvanceUntilIdle() },
			func() { s.fleet.SetSpeed(60); s.wait(time.Hour) },
			func() { s.fleet.SetSpeed(server.SpeedMax); s.call("DescribeEvents").fine() },
		} {
			if move(); s.now() > time.Hour || s.fleet.Left() != time.Hour-s.now() {
				t.Errorf("speed %v: %v, and %v left", speed, s.now(), s.fleet.Left())
			}
		}
		s.at(time.Hour)
		for range 3 {
			s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001")
		}
		s.fleet.SetSpeed(1)
		s.wait(time.Hour)
		s.at(time.Hour + 2) // the first of the calls was alone there
		if s.fleet.Left() != 0 {
			t.Errorf("%v left", s.fleet.Left())
		}
		blocked := sim.FaultConfig{At: sim.Time(time.Hour) + 3, Kind: sim.FaultAPIBlocked, Duration: 1}
		if _, err := s.fleet.Inject(blocked); err == nil {
			t.Error("a fault after the end is taken")
		}
		if s.fleet.CheckSeed(9) != nil || s.fleet.CheckSeed(10) == nil {
			t.Error("seeds are not bounded")
		}
	}
}

func TestSpeedsAreRead(t *testing.T) {
	for text, want := range map[string]server.Speed{"1": 1, "60": 60, "0.5": 0.5, "1e6": 1_000_000, "max": server.SpeedMax} {
		got, err := server.ParseSpeed(text)
		if again, _ := server.ParseSpeed(got.String()); err != nil || got != want || again != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "-1", "NaN", "Inf", "1000001", "fast", "60x", "1_0", "0x10"} {
		if got, err := server.ParseSpeed(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// TestManyClientsAtOnce is for the race detector: clients, and somebody at the clock.
func TestManyClientsAtOnce(t *testing.T) {
	s := serve(t, zoo, 60, server.Settings{Troubles: []server.Trouble{{Kind: "stale", Rate: 0.5, While: time.Minute}}})
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for n := range 25 {
				s.call("TestFailover", "ReplicationGroupId", "orders", "NodeGroupId", fmt.Sprintf("%04d", n%3+1))
				s.call([]string{"DescribeEvents", "DescribeReplicationGroups", "DescribeCacheClusters"}[n%3]).fine()
				s.call("ListTagsForResource", "ResourceName", "arn:aws:elasticache:us-east-1:123456789012:cluster:carts-001").fine()
				s.turn(i, n)
			}
		})
	}
	clients.Wait()
}

// turn turns the knobs of the clock.
func (s *service) turn(i, n int) {
	switch (i + n) % 8 {
	case 0:
		s.fleet.Advance(time.Minute)
	case 1:
		s.fleet.AdvanceToNext()
	case 2:
		s.fleet.SetSpeed(server.SpeedMax)
	case 3:
		s.fleet.SetSpeed(60)
	case 4:
		s.fleet.Pause()
	case 5:
		s.fleet.Resume()
	case 6:
		s.fleet.AdvanceUntilIdle()
	case 7:
		s.fleet.Reset(uint64(n))
	}
}
