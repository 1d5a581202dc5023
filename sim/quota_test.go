package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestQuotaRollsOver24Hours(t *testing.T) {
	day := Time(24 * time.Hour)
	groups := make([]GroupConfig, 17)
	for i := range groups {
		groups[i] = makeGroup("g"+string(rune('a'+i)), ClusterDisabled, 1, 1)
	}
	cfg := config(groups...)
	cfg.Horizon = 72 * time.Hour
	for i := range 15 {
		cfg.withCall(sec(float64(i)), groups[i].ID, "0001")
	}
	cfg.withCall(day-1, groups[15].ID, "0001") // the sixteenth, a nanosecond too early
	cfg.withCall(day, groups[15].ID, "0001")   // exactly 24 h after the first: accepted
	cfg.withCall(day, groups[16].ID, "0001")   // the second is still in the window
	cfg.withCall(day+sec(1), groups[16].ID, "0001")
	_, o := play(t, cfg)
	if o.Calls.Accepted != 17 || o.Calls.Refused[QuotaSpent] != 2 {
		t.Errorf("%d accepted, %d refused for the quota; want 17 and 2", o.Calls.Accepted, o.Calls.Refused[QuotaSpent])
	}
}

func TestQuotaOfNodeGroupsLetsARepeatPass(t *testing.T) {
	for distinct, accepted := range map[bool]int64{false: 2, true: 4} {
		cfg := config(makeGroup("a", ClusterDisabled, 1, 1), makeGroup("b", ClusterDisabled, 1, 1), makeGroup("c", ClusterDisabled, 1, 1))
		cfg.Quota.Limit, cfg.Quota.Distinct = 2, distinct
		cfg.withCall(0, "a", "0001").withCall(0, "b", "0001").withCall(sec(1000), "c", "0001").
			withCall(sec(2000), "a", "0001").withCall(sec(3000), "b", "0001").withCall(sec(4000), "c", "0001")
		if _, o := play(t, cfg); o.Calls.Accepted != accepted {
			t.Errorf("distinct %t: %d accepted, want %d", distinct, o.Calls.Accepted, accepted)
		}
	}
}

func TestQuotaRemembersCallsFromBeforeTheTrial(t *testing.T) {
	cfg := config(makeGroup("a", ClusterDisabled, 1, 1))
	cfg.Quota.Limit = 1
	cfg.Quota.AlreadyUsed = []Time{-Time(3 * time.Hour)}
	cfg.withCall(Time(21*time.Hour)-1, "a", "0001").withCall(Time(21*time.Hour), "a", "0001")
	if _, o := play(t, cfg); o.Calls.Accepted != 1 || o.Failovers[0].Accepted != Time(21*time.Hour) {
		t.Errorf("accepted %d, want the one at 21 h", o.Calls.Accepted)
	}
}

// naiveQuota counts by looking at every call ever accepted.
type naiveQuota struct {
	cfg   QuotaConfig
	calls []ledgerEntry
}

func (q *naiveQuota) hasRoom(now Time, nodeGroup int32) bool {
	used := 0
	seen := map[int32]bool{}
	for _, c := range q.calls {
		if now.Sub(c.at) >= q.cfg.Window {
			continue
		}
		if !q.cfg.Distinct || c.nodeGroup < 0 || !seen[c.nodeGroup] {
			used++
		}
		seen[c.nodeGroup] = true
	}
	return used < q.cfg.Limit || q.cfg.Limit > 0 && q.cfg.Distinct && seen[nodeGroup]
}

func TestQuotaEqualsACountOverAllCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := QuotaConfig{Limit: rapid.IntRange(0, 4).Draw(t, "limit"), Window: 20, Distinct: rapid.Bool().Draw(t, "distinct")}
		naive := naiveQuota{cfg: cfg}
		for range rapid.IntRange(0, 6).Draw(t, "used") {
			cfg.AlreadyUsed = append(cfg.AlreadyUsed, Time(-20+len(cfg.AlreadyUsed)))
			naive.calls = append(naive.calls, ledgerEntry{cfg.AlreadyUsed[len(cfg.AlreadyUsed)-1], -1})
		}
		var q quota
		q.reset(&cfg, 5)
		now := Time(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now += Time(rapid.IntRange(0, 9).Draw(t, "wait"))
			ng := int32(rapid.IntRange(0, 4).Draw(t, "node group"))
			want := naive.hasRoom(now, ng)
			if got := q.hasRoom(now, ng); got != want {
				t.Fatalf("at %v on %d: room %t, want %t", now, ng, got, want)
			}
			room := now
			for !naive.hasRoom(room, ng) && room < now+100 {
				room++
			}
			if cfg.Limit == 0 {
				room = Never
			}
			if got := q.roomAt(now, ng); got != room {
				t.Fatalf("at %v on %d: room at %v, want %v", now, ng, got, room)
			}
			if want {
				q.take(now, ng)
				naive.calls = append(naive.calls, ledgerEntry{now, ng})
			}
		}
	})
}

func TestCopiedQuotasAreApart(t *testing.T) {
	cfg := QuotaConfig{Limit: 1, Window: 20}
	var q, copied quota
	q.ledger = make([]ledgerEntry, 0, 8) // room to spare behind the entries, as in a used World
	q.reset(&cfg, 1)
	copied.copyFrom(&q)
	q.take(20, 0)
	copied.take(35, 0)
	if got := q.roomAt(21, 0); got != 40 {
		t.Errorf("room at %d, want 40: the copy's call counts here", int64(got))
	}
}
