package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"failsim/sim"
)

// OutageMap adds up the write outages of node groups, for the page: how long each shard is out.
type OutageMap struct {
	cfg    *sim.Config
	trials int64
	shards [][]shardOutages
}

// shardOutages are those of one node group, by observer.
type shardOutages [2]struct {
	windows, censored int64
	total             int64 // microseconds: thousands of years of outage have room
	longest           time.Duration
}

// MappedTrials are those whose outage windows a page maps: the ones below it. A run keeps no others unless told to.
const MappedTrials = 1000

// NewOutageMap gives an empty map. trials is how many trials below MappedTrials there are.
func NewOutageMap(cfg *sim.Config, trials int64) *OutageMap {
	m := &OutageMap{cfg: cfg, trials: trials}
	for g := range cfg.Groups {
		m.shards = append(m.shards, make([]shardOutages, len(cfg.Groups[g].NodeGroups)))
	}
	return m
}

// Add takes up a window of a node group; those of other access than writes change nothing.
func (m *OutageMap) Add(w *sim.OutageWindow) {
	if w.Access != sim.AccessWrite || w.NodeGroup < 0 {
		return
	}
	seen := &m.shards[w.Group][w.NodeGroup][w.Observer]
	seen.windows++
	seen.total += int64(w.To.Sub(w.From) / time.Microsecond)
	seen.longest = max(seen.longest, w.To.Sub(w.From))
	if w.Censored {
		seen.censored++
	}
}

// heat is the map as tiles, a list of them for each group.
type heat struct {
	Groups []heatGroup
	Legend []heatTile // from nothing to the most
	Data   htmlTable
	Cut    []string
	Trials string
}

type heatGroup struct {
	Name, Text string
	Tiles      []heatTile
}

// heatTile is one shard; Level, from 0 to 6, is how dark it is.
type heatTile struct {
	ID, Value, Tip string
	Level          int
}

const (
	heatLevels      = 7
	mostHeatTiles   = 1500
	mostHeatRows    = 400
	mostGroupsShown = 150
)

// newHeat shades each shard by its outages in a trial on average, with the endpoint's view where names have to follow.
func newHeat(m *OutageMap) *heat {
	if m == nil || m.trials == 0 {
		return nil
	}
	h := &heat{Trials: plural(m.trials, "trial")}
	most := time.Duration(0)
	for g := range m.shards {
		for n := range m.shards[g] {
			most = max(most, m.perTrial(g, n))
		}
	}
	order := m.worstFirst()
	for _, g := range order {
		h.Groups = append(h.Groups, m.group(g, most))
	}
	h.cut(m)
	for level := range heatLevels {
		h.Legend = append(h.Legend, heatTile{Level: level, Value: levelText(level, most)})
	}
	h.Data = m.table(order)
	return h
}

// perTrial is how long a shard cannot be written in a trial, on average, as its clients' names see it.
func (m *OutageMap) perTrial(g, n int) time.Duration {
	return m.mean(&m.shards[g][n], m.observer(g))
}

func (m *OutageMap) mean(seen *shardOutages, o sim.Observer) time.Duration {
	return time.Duration(seen[o].total/m.trials) * time.Microsecond
}

func (m *OutageMap) observer(g int) sim.Observer {
	if m.cfg.Groups[g].Mode == sim.ClusterEnabled {
		return sim.ObserverService
	}
	return sim.ObserverEndpoint
}

// worstFirst are the groups in the order of the scenario; where there are too many to show, the worst of them, worst first.
func (m *OutageMap) worstFirst() (order []int) {
	worst := make([]time.Duration, len(m.shards))
	for g := range m.shards {
		order = append(order, g)
		for n := range m.shards[g] {
			worst[g] = max(worst[g], m.perTrial(g, n))
		}
	}
	if len(order) > mostGroupsShown {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worst[b], worst[a]) })
	}
	return order
}

// group makes the tiles of a group.
func (m *OutageMap) group(g int, most time.Duration) heatGroup {
	cfg := &m.cfg.Groups[g]
	out := heatGroup{Name: cfg.ID, Text: fmt.Sprintf("cluster mode %s, %s", cfg.Mode, plural(int64(len(cfg.NodeGroups)), "shard"))}
	if m.observer(g) == sim.ObserverEndpoint {
		out.Text += ", as the endpoint sees it"
	}
	for n := range m.shards[g] {
		seen := m.shards[g][n][m.observer(g)]
		mean := m.perTrial(g, n)
		tile := heatTile{ID: cfg.NodeGroups[n].ID, Value: span(mean), Level: level(mean, most)}
		tile.Tip = fmt.Sprintf("%s/%s: %s in %s, %s a trial, longest %s", cfg.ID, tile.ID, plural(seen.windows, "outage"),
			plural(m.trials, "trial"), span(mean), span(seen.longest))
		if seen.windows > 0 && mean < 50*time.Millisecond {
			tile.Value = "< 0.1 s"
		}
		if seen.windows == 0 {
			tile.Value, tile.Tip = "none", cfg.ID+"/"+tile.ID+": no write outage"
		}
		out.Tiles = append(out.Tiles, tile)
	}
	return out
}

// level is 0 for nothing, and 1 to 6 for sixths of the most.
func level(d, most time.Duration) int {
	if d <= 0 || most <= 0 {
		return 0
	}
	const steps = heatLevels - 1
	return int((d*steps + most - 1) / most)
}

func levelText(level int, most time.Duration) string {
	if level == 0 {
		return "none"
	}
	return "to " + span(most*time.Duration(level)/(heatLevels-1))
}

// cut leaves out what would make the map too large to read.
func (h *heat) cut(m *OutageMap) {
	if more := len(h.Groups) - mostGroupsShown; more > 0 {
		h.Groups = h.Groups[:mostGroupsShown]
		h.Cut = append(h.Cut, fmt.Sprintf("The map has the %d groups with the longest outages; %s more have shorter ones.",
			mostGroupsShown, count(int64(more))))
	}
	tiles, left := 0, 0
	for i := range h.Groups {
		g := &h.Groups[i]
		room := max(0, mostHeatTiles-tiles)
		if len(g.Tiles) > room {
			left += len(g.Tiles) - room
			g.Tiles = g.Tiles[:room]
		}
		tiles += len(g.Tiles)
	}
	if left > 0 {
		h.Groups = slices.DeleteFunc(h.Groups, func(g heatGroup) bool { return len(g.Tiles) == 0 })
		h.Cut = append(h.Cut, fmt.Sprintf("The map has %s shards; %s more are left out.", count(int64(tiles)), count(int64(left))))
	}
	shards := 0
	for g := range m.shards {
		shards += len(m.shards[g])
	}
	if shards > mostHeatRows {
		h.Cut = append(h.Cut, fmt.Sprintf("The list has %d of %s shards; outages.parquet has all.", mostHeatRows, count(int64(shards))))
	}
}

// table lists the shards with the views of both observers.
func (m *OutageMap) table(order []int) htmlTable {
	t := htmlTable{
		Caption: "Write outages by shard",
		Head: []string{"shard", "outages", "a trial, on average", "longest", "endpoint: a trial, on average", "endpoint: longest",
			"cut short"},
		Numeric: "lrrrrrr",
	}
	for _, g := range order {
		for n := range m.shards[g] {
			if len(t.Rows) == mostHeatRows {
				return t
			}
			seen := m.shards[g][n]
			row := []string{m.cfg.Groups[g].ID + "/" + m.cfg.Groups[g].NodeGroups[n].ID, count(seen[0].windows),
				span(m.mean(&seen, sim.ObserverService)), span(seen[0].longest), span(m.mean(&seen, sim.ObserverEndpoint)),
				span(seen[1].longest),
				count(seen[0].censored)}
			if m.observer(g) == sim.ObserverService {
				row[4], row[5] = "the same", "the same"
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}
