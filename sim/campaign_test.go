package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// withCampaign adds an operator over all groups who polls every 100 s: under plain delays a failover takes 392 s, and the
// poll at 400 s sees it.
func (c *Config) withCampaign(change func(*CampaignConfig)) *Config {
	campaign := CampaignConfig{Name: "all", ParallelGroups: 1, Poll: 100 * time.Second, RetryEvery: 5 * time.Minute,
		Timeout: 30 * time.Minute, OnTimeout: ReactStop, Rounds: 1}
	for i := range c.Groups {
		campaign.Groups = append(campaign.Groups, i)
	}
	if change != nil {
		change(&campaign)
	}
	c.Campaigns = append(c.Campaigns, campaign)
	return c
}

// story lists the accepted calls as "seconds group/node group".
func story(cfg *Config, o *Outcome) string {
	var lines []string
	for _, f := range o.Failovers {
		g := cfg.Groups[f.Group]
		lines = append(lines, fmt.Sprintf("%g %s/%s", float64(f.Accepted)/1e9, g.ID, g.NodeGroups[f.NodeGroup].ID))
	}
	return strings.Join(lines, ", ")
}

func TestCampaignOrders(t *testing.T) {
	groups := func() []GroupConfig {
		return []GroupConfig{makeGroup("a", ClusterEnabled, 3, 1), makeGroup("b", ClusterDisabled, 1, 1), makeGroup("c", ClusterEnabled, 2, 1)}
	}
	for _, c := range []struct {
		name   string
		change func(*CampaignConfig)
		want   string
	}{
		{"by group", nil, "0 a/0001, 400 a/0002, 800 a/0003, 1200 b/0001, 1600 c/0001, 2000 c/0002"},
		{"round robin", func(c *CampaignConfig) { c.RoundRobin = true },
			"0 a/0001, 400 b/0001, 800 c/0001, 1200 a/0002, 1600 c/0002, 2000 a/0003"},
		{"two groups at once", func(c *CampaignConfig) { c.ParallelGroups = 2 },
			"0 a/0001, 0 b/0001, 400 a/0002, 400 c/0001, 800 a/0003, 800 c/0002"},
		{"more lanes than groups", func(c *CampaignConfig) { c.ParallelGroups = 9 },
			"0 a/0001, 0 b/0001, 0 c/0001, 400 a/0002, 400 c/0002, 800 a/0003"},
		{"two rounds", func(c *CampaignConfig) { c.Rounds, c.Groups = 2, []int{2, 1} },
			"0 c/0001, 400 c/0002, 800 b/0001, 1200 c/0001, 1600 c/0002, 2000 b/0001"},
		{"round robin, two at once, two rounds", func(c *CampaignConfig) { c.Rounds, c.RoundRobin, c.ParallelGroups = 2, true, 2 },
			"0 a/0001, 0 b/0001, 400 c/0001, 400 a/0002, 800 c/0002, 800 a/0003, " +
				"1200 a/0001, 1200 b/0001, 1600 c/0001, 1600 a/0002, 2000 c/0002, 2000 a/0003"},
	} {
		cfg := config(groups()...).withCampaign(c.change)
		_, o := play(t, cfg)
		if diff := cmp.Diff(c.want, story(cfg, o)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if got := o.Campaigns[0]; got.Covered != got.Targets || got.Calls.Made != got.Targets {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// The last `Finished recovery` comes 392 s after its call; the operator sees it at the next poll.
func TestMakespanEndsAtThePollThatSeesTheEnd(t *testing.T) {
	for poll, want := range map[time.Duration]Time{
		15 * time.Second:  sec(405), // 27 polls
		98 * time.Second:  sec(392), // the fourth poll falls on the event itself
		400 * time.Second: sec(400),
	} {
		cfg := config(makeGroup("a", ClusterDisabled, 1, 1)).withCampaign(func(c *CampaignConfig) { c.Poll, c.At = poll, sec(50) })
		if _, o := play(t, cfg); o.Campaigns[0].Ended != want+sec(50) {
			t.Errorf("poll %v: ended at %v, want %v", poll, o.Campaigns[0].Ended, want+sec(50))
		}
	}
}

// Three calls a day: the aware operator waits until the first has left the window, and is never refused.
func TestAnAwareOperatorWaitsForTheQuota(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 5, 1)).withCampaign(nil)
	cfg.Quota.Limit, cfg.Horizon = 3, 72*time.Hour
	_, o := play(t, cfg)
	want := "0 a/0001, 400 a/0002, 800 a/0003, 86400 a/0004, 86800 a/0005"
	if got := story(cfg, o); got != want || o.Calls.Made != 5 {
		t.Errorf("%d calls, %s; want %s", o.Calls.Made, got, want)
	}
}

// Blind, every 300 s from 1200 s on: the 285th try, at 1200 + 284 x 300 = 86400 s, is the first that the window lets through.
func TestABlindOperatorTriesUntilTheQuotaHasRoom(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 4, 1)).withCampaign(func(c *CampaignConfig) { c.Blind = true })
	cfg.Quota.Limit, cfg.Horizon = 3, 72*time.Hour
	_, o := play(t, cfg)
	want := "0 a/0001, 400 a/0002, 800 a/0003, 86400 a/0004"
	if got := story(cfg, o); got != want || o.Calls.Refused[QuotaSpent] != 284 {
		t.Errorf("%d refusals, %s; want 284, %s", o.Calls.Refused[QuotaSpent], got, want)
	}
}

func TestReactionsToARefusal(t *testing.T) {
	for reaction, want := range map[Reaction]struct {
		calls   string
		covered int64
		ended   Time
	}{
		// b is busy from 100 s to 492 s; the operator reaches it at 400 s.
		ReactRetry: {"0 a/0001, 100 b/0001, 700 b/0001, 1100 c/0001", 3, sec(1500)}, // again after 300 s
		ReactSkip:  {"0 a/0001, 100 b/0001, 400 c/0001", 2, sec(800)},
		ReactStop:  {"0 a/0001, 100 b/0001", 1, sec(400)},
	} {
		cfg := config(makeGroup("a", ClusterDisabled, 1, 1), makeGroup("b", ClusterDisabled, 1, 1), makeGroup("c", ClusterDisabled, 1, 1))
		cfg.withCall(sec(100), "b", "0001").withCampaign(func(c *CampaignConfig) { c.OnRefusal = reaction })
		_, o := play(t, cfg)
		if got := story(cfg, o); got != want.calls {
			t.Errorf("reaction %d: %s, want %s", reaction, got, want.calls)
		}
		if c := o.Campaigns[0]; c.Covered != want.covered || c.Ended != want.ended || c.Targets != 3 {
			t.Errorf("reaction %d: %+v, want %d covered, ended at %v", reaction, c, want.covered, want.ended)
		}
	}
}

func TestReactionsToATimeOut(t *testing.T) {
	for reaction, want := range map[Reaction]struct {
		calls   string
		covered int64
		ended   Time
	}{
		// A failover takes 392 s; the time-out of 350 s comes first. a/0002 is refused until a/0001 is done.
		ReactSkip: {"0 a/0001, 650 a/0002", 0, sec(1000)},
		ReactStop: {"0 a/0001", 0, sec(350)},
	} {
		cfg := config(makeGroup("a", ClusterEnabled, 2, 1)).withCampaign(func(c *CampaignConfig) {
			c.Timeout, c.OnTimeout = 350*time.Second, reaction
		})
		_, o := play(t, cfg)
		if got := story(cfg, o); got != want.calls {
			t.Errorf("reaction %d: %s, want %s", reaction, got, want.calls)
		}
		if c := o.Campaigns[0]; c.Covered != want.covered || c.Ended != want.ended {
			t.Errorf("reaction %d: %+v, want %d covered, ended at %v", reaction, c, want.covered, want.ended)
		}
	}
}

// The event comes at 392 s, the poll that would see it at 400 s: a time-out of 399 s comes first, one of 400 s does not.
func TestAPollAtTheTimeOutStillSees(t *testing.T) {
	for timeout, covered := range map[time.Duration]int64{399 * time.Second: 0, 400 * time.Second: 1} {
		cfg := config(makeGroup("a", ClusterDisabled, 1, 1)).withCampaign(func(c *CampaignConfig) { c.Timeout = timeout })
		if _, o := play(t, cfg); o.Campaigns[0].Covered != covered {
			t.Errorf("time-out %v: %d covered, want %d", timeout, o.Campaigns[0].Covered, covered)
		}
	}
}

func TestNoCallAfterTheHorizon(t *testing.T) {
	for horizon, want := range map[time.Duration]struct {
		accepted int64
		ended    Time
	}{
		800 * time.Second:   {3, sec(1200)}, // the third call falls on the horizon, and is seen through
		800*time.Second - 1: {2, sec(800)},  // the second is seen after the horizon
		450 * time.Second:   {2, sec(800)},
	} {
		cfg := config(makeGroup("a", ClusterEnabled, 4, 1)).withCampaign(nil)
		cfg.Horizon = horizon
		_, o := play(t, cfg)
		if o.Calls.Accepted != want.accepted || o.Campaigns[0].Ended != want.ended {
			t.Errorf("horizon %v: %d calls, ended at %v; want %+v", horizon, o.Calls.Accepted, o.Campaigns[0].Ended, want)
		}
	}
	cfg := config(makeGroup("a", ClusterEnabled, 2, 1)).withCampaign(nil)
	cfg.Quota.Limit = 1 // the next room comes at 24 h, after the horizon: the operator ends there
	cfg.Horizon = 23 * time.Hour
	if _, o := play(t, cfg); o.Campaigns[0].Ended != Time(cfg.Horizon) || o.Campaigns[0].Covered != 1 {
		t.Errorf("%+v, want 1 covered, ended at the horizon", o.Campaigns[0])
	}
}

// Two campaigns share the account's quota and meet in the same group; each counts its own calls.
func TestTwoCampaignsShareTheQuota(t *testing.T) {
	cfg := config(makeGroup("a", ClusterEnabled, 2, 1), makeGroup("b", ClusterEnabled, 2, 1))
	cfg.Quota.Limit = 3
	cfg.Horizon = 48 * time.Hour
	cfg.withCampaign(func(c *CampaignConfig) { c.Name = "first" })
	cfg.withCampaign(func(c *CampaignConfig) { c.Name, c.Groups = "second", []int{1} })
	_, o := play(t, cfg)
	// 0 a1, b1; 400 a2 (the last of the quota); b2 of the second waits to 86400; the first reaches b1 then too: refused once.
	want := "0 a/0001, 0 b/0001, 400 a/0002, 86400 b/0002, 86700 b/0001"
	got := story(cfg, o)
	if first, second := o.Campaigns[0].Calls, o.Campaigns[1].Calls; first.Made+second.Made != o.Calls.Made {
		t.Errorf("%d calls of the first and %d of the second, %d in all", first.Made, second.Made, o.Calls.Made)
	}
	if got[:len("0 a/0001, 0 b/0001, 400 a/0002, 86400 b/0002")] != want[:len("0 a/0001, 0 b/0001, 400 a/0002, 86400 b/0002")] {
		t.Errorf("%s", got)
	}
	for i, c := range o.Campaigns {
		if c.Covered != c.Targets {
			t.Errorf("campaign %d: %+v", i, c)
		}
	}
}
