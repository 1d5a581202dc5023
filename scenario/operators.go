package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"failsim/sim"
	"failsim/words"
)

// readCalls reads single API calls. What a call names need not exist: the API answers that too.
func (r *reader) readCalls(tables []*table) {
	if len(tables) > mostCalls {
		r.doc.mistake("call", "%d calls; want %d at most", len(tables), mostCalls)
		return
	}
	for _, t := range tables {
		call, ok := r.readCall(t)
		if !ok {
			continue
		}
		t.close()
		r.warnOfRefusal(t, call)
		r.cfg.Calls = append(r.cfg.Calls, call)
	}
	slices.SortStableFunc(r.cfg.Calls, func(a, b sim.CallConfig) int { return cmp.Compare(a.At, b.At) })
}

// readCall reads the keys of one call's action. It answers false where there is no such action: then nobody knows which other keys are
// meant, and only the instant, which each has, is judged.
func (r *reader) readCall(t *table) (call sim.CallConfig, ok bool) {
	actions := []sim.Action{sim.ActionTestFailover, sim.ActionReboot, sim.ActionModify, sim.ActionTestFailover}
	chosen := t.choice("action", "test-failover", "test-failover", "reboot", "modify", "TestFailover")
	call = sim.CallConfig{At: t.at(), Action: actions[chosen]}
	if t.doc.wrong[t.key("action")] {
		return call, false
	}
	if call.Action == sim.ActionReboot {
		if t.need("node", `a cache cluster id such as "sessions-001"`) {
			call.Node = t.text("node", "")
		}
		return call, true
	}
	if t.need("group", "a replication group id") {
		call.Group = t.text("group", "")
	}
	if call.Action == sim.ActionModify {
		call.Modify.Primary = t.text("primary", "")
		call.Modify.AutomaticFailover, call.Modify.MultiAZ = t.toggle("automatic_failover"), t.toggle("multi_az")
	} else if t.need("node_group", `a node group id such as "0001"`) {
		call.NodeGroup = t.text("node_group", "")
	}
	return call, true
}

// toggle reads what a call wants of a setting.
func (t *table) toggle(name string) sim.Switch {
	switch on := t.optional(name); {
	case on == nil:
		return sim.SwitchKeep
	case *on:
		return sim.SwitchOn
	}
	return sim.SwitchOff
}

// warnOfRefusal says which error will answer a call whose ids alone are wrong, or which asks for nothing.
func (r *reader) warnOfRefusal(t *table, call sim.CallConfig) {
	violation, key, id := r.misdirected(call), "group", call.Group
	switch violation {
	case sim.NoViolation:
		return
	case sim.InvalidNodeGroupID, sim.NodeGroupNotFound:
		key, id = "node_group", call.NodeGroup
	case sim.NodeNotFound:
		if key, id = "node", call.Node; call.Action == sim.ActionModify {
			key, id = "primary", call.Modify.Primary
		}
	}
	r.doc.warn(t.key(key), "%s will be refused with %s: %s", words.Quote(id), r.cfg.Refusals[violation], violation)
}

func (r *reader) misdirected(call sim.CallConfig) sim.Violation {
	nodeGroup := call.NodeGroup
	switch call.Action {
	case sim.ActionReboot:
		return r.unknownNode(call.Node)
	case sim.ActionModify:
		nodeGroup = "0001" // any will do
	}
	if v := sim.CheckIDs(call.Group, nodeGroup); v != sim.NoViolation {
		return v
	}
	index, ok := r.groupByID[strings.ToLower(call.Group)]
	switch {
	case !ok:
		return sim.GroupNotFound
	case call.Action == sim.ActionModify && call.Modify == sim.ModifyConfig{}:
		return sim.NothingToModify
	case call.Action == sim.ActionModify && r.cfg.Groups[index].Mode != sim.ClusterEnabled && call.Modify.Primary != "":
		return r.unknownNode(call.Modify.Primary)
	case call.Action == sim.ActionModify:
		return sim.NoViolation
	}
	if !slices.ContainsFunc(r.cfg.Groups[index].NodeGroups, func(ng sim.NodeGroupConfig) bool { return ng.ID == call.NodeGroup }) {
		return sim.NodeGroupNotFound
	}
	return sim.NoViolation
}

// unknownNode tells what a call breaks that names a node by its id, as far as the id alone goes.
func (r *reader) unknownNode(id string) sim.Violation {
	id = strings.ToLower(id)
	if _, named := r.owners[id]; !named || r.isGroup(id) {
		return sim.NodeNotFound
	}
	return sim.NoViolation
}

func (r *reader) isGroup(id string) bool {
	_, ok := r.groupByID[id]
	return ok
}

// readCampaigns reads the operators.
func (r *reader) readCampaigns(tables []*table) {
	if len(tables) > mostCampaigns {
		r.doc.mistake("campaign", "%d campaigns; want %d at most", len(tables), mostCampaigns)
		return
	}
	names := map[string]bool{}
	for i, t := range tables {
		c := r.readCampaign(t, fmt.Sprintf("campaign-%d", i+1))
		if c.Name == "" {
			t.wrong("name", "empty; want a name")
		} else if names[c.Name] {
			t.wrong("name", "a campaign %s stands before this one; want a name of its own", words.Quote(c.Name))
		}
		names[c.Name] = true
		r.cfg.Campaigns = append(r.cfg.Campaigns, c)
		if !r.bounded(t, &c) {
			return
		}
	}
}

func (r *reader) readCampaign(t *table, name string) sim.CampaignConfig {
	c := sim.CampaignConfig{Name: t.text("name", name)}
	if t.has("at") {
		c.At = t.within("at")
	}
	c.Groups = r.chosenGroups(t)
	c.RoundRobin = t.choice("order", "by-group", "by-group", "round-robin") == 1
	c.ParallelGroups = int(t.integer("parallel_groups", 1, bounds[int64]{1, mostTotalGroups}))
	c.Poll = t.span("poll", "15s", bounds[time.Duration]{time.Second, longestTrial})
	c.Blind = t.choice("pacing", "aware", "aware", "blind") == 1
	reactions := []sim.Reaction{sim.ReactRetry, sim.ReactSkip, sim.ReactStop}
	c.OnRefusal = reactions[t.choice("on_refusal", "retry", "retry", "skip", "stop")]
	c.RetryEvery = t.span("retry_every", "5m", bounds[time.Duration]{shortestRetryEvery, longestTrial})
	c.Timeout = t.span("timeout", "30m", bounds[time.Duration]{1, longestTrial})
	c.OnTimeout = sim.ReactStop
	if t.choice("on_timeout", "stop", "stop", "skip") == 1 {
		c.OnTimeout = sim.ReactSkip
	}
	c.Rounds = int(t.integer("rounds", 1, bounds[int64]{1, mostRounds}))
	t.notYet("start_window", "days")
	t.close()
	return c
}

// bounded keeps what campaigns may ask of a trial within what can be played.
func (r *reader) bounded(t *table, c *sim.CampaignConfig) bool {
	nodeGroups := 0
	for _, g := range c.Groups {
		nodeGroups += len(r.cfg.Groups[g].NodeGroups)
	}
	retries := int64(r.cfg.Horizon / c.RetryEvery)
	r.targets += int64(nodeGroups) * int64(c.Rounds)
	r.attempts += retries * int64(min(c.ParallelGroups, len(c.Groups)))
	switch {
	case retries > mostRetries:
		t.wrong("retry_every", "the horizon holds %d of it; want %d at most", retries, mostRetries)
	case r.targets > mostTargets:
		t.wrong("rounds", "%d failovers in all campaigns up to here; want %d at most", r.targets,
			mostTargets)
	case r.attempts > mostAttempts:
		t.wrong("parallel_groups", "%d retries could fall into the horizon in all campaigns up to here; "+
			"want %d at most, by fewer groups at once or a longer retry_every", r.attempts, mostAttempts)
	default:
		return true
	}
	return false
}

// chosenGroups gives the groups that the patterns of a campaign match, in the order of the patterns; all without any.
func (r *reader) chosenGroups(t *table) (chosen []int) {
	taken := make([]bool, len(r.cfg.Groups))
	take := func(i int) {
		if !taken[i] {
			taken[i] = true
			chosen = append(chosen, i)
		}
	}
	patterns := t.list("groups")
	if !t.has("groups") {
		for i := range r.cfg.Groups {
			take(i)
		}
	} else if len(patterns) == 0 && !r.doc.wrong[t.key("groups")] {
		t.wrong("groups", "none; name one at least, or leave the key out for all")
	}
	for i, pattern := range patterns {
		key := element(t.key("groups"), i)
		pattern = strings.ToLower(pattern)
		index, matched := r.groupByID[pattern]
		switch {
		case matched:
			take(index)
		case strings.Contains(pattern, "*"):
			matched = r.takeMatching(key, pattern, take)
		}
		if !matched && !r.doc.wrong[key] && !r.groupsWrong {
			r.doc.mistake(key, "%s matches no group; %s", words.Quote(pattern), haveOf(pattern, r.groupIDs()))
		}
	}
	return chosen
}

// takeMatching tells whether the pattern matched a group, taken before or not.
func (r *reader) takeMatching(key, pattern string, take func(int)) (matched bool) {
	if r.wildcards++; r.wildcards > mostWildcards {
		r.doc.mistake(key, "pattern %d with a wildcard; want %d at most in all", r.wildcards, mostWildcards)
		return false
	}
	for i := range r.cfg.Groups {
		if matches(pattern, r.cfg.Groups[i].ID) {
			take(i)
			matched = true
		}
	}
	return matched
}

// groupIDs gives the ids for a message; more than these nobody reads.
func (r *reader) groupIDs() (ids []string) {
	for i := range r.cfg.Groups[:min(100, len(r.cfg.Groups))] {
		ids = append(ids, r.cfg.Groups[i].ID)
	}
	return ids
}

// matches tells whether text is what the pattern says, * standing for any letters or none.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		if _, text, ok = strings.Cut(text, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
