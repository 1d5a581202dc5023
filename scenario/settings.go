package scenario

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
	"failsim/words"
)

// readSettings reads what holds for the whole account: the calendar, the Region, the quota, the answers of the service.
func (r *reader) readSettings(root *table) {
	cfg := &r.cfg
	r.readCalendar(root)
	r.readPlaces(root)
	cfg.Wording = sim.Wording(root.choice("wording", root.fallback("wording"), "documented", "observed", "legacy"))
	statuses := []sim.Status{sim.StatusAvailable, sim.StatusModifying}
	cfg.StatusDuringFailover = statuses[root.choice("status_during_failover", root.fallback("status_during_failover"),
		statusWords(statuses)...)]
	r.readQuota(root.table("quota"))
	r.readErrors(root.table("errors"))
}

// readPlaces reads the Region and its zones, which are named after it unless they are written.
func (r *reader) readPlaces(root *table) {
	cfg := &r.cfg
	const usual = "us-east-1"
	if cfg.Region = root.text("region", usual); cfg.Region == "" {
		root.wrong("region", "empty; want a name such as us-east-1")
		cfg.Region = usual
	}
	cfg.Zones = []string{cfg.Region + "a", cfg.Region + "b", cfg.Region + "c"}
	if !root.has("zones") {
		return
	}
	before := len(r.doc.mistakes)
	zones := root.list("zones")
	checkZoneNames(root, zones)
	if r.zonesWrong = len(r.doc.mistakes) > before; r.zonesWrong {
		return
	}
	cfg.Zones = zones
	if root.has("region") && !slices.ContainsFunc(zones, func(zone string) bool { return strings.HasPrefix(zone, cfg.Region) }) {
		root.doc.warn("zones", "none of them is of the region %s, whose zones begin with its name", cfg.Region)
	}
}

// readCalendar comes before any instant is read, since instants may be written as dates.
func (r *reader) readCalendar(root *table) {
	cfg := &r.cfg
	cfg.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	switch v := root.get("start").(type) {
	case nil:
	case time.Time:
		switch {
		case !hasOffset(v):
			root.wrong("start", offsetRule)
		case v.Year() < 1970 || v.Year() > 2200:
			root.wrong("start", "the year %d; want 1970 to 2200", v.Year())
		default:
			cfg.Start = v.UTC()
		}
	default:
		root.want("start", "a date and time without quotes, such as 2026-01-01T00:00:00Z")
	}
	if root.need("horizon", `a duration such as "72h"`) {
		cfg.Horizon = root.span("horizon", "72h", bounds[time.Duration]{1, longestTrial})
	}
	cfg.Drain = root.span("drain", "24h", bounds[time.Duration]{0, longestTrial})
	if cfg.Horizon+cfg.Drain > longestTrial {
		root.wrong("horizon", "with the drain more than 3650d; want a trial of 10 years at most")
	}
	r.doc.start, r.doc.horizon = cfg.Start, cfg.Horizon
	if r.doc.wrong["horizon"] {
		r.doc.horizon = longestTrial // so that no instant is called late because of another mistake
	}
}

func checkZoneNames(root *table, zones []string) {
	if len(zones) == 0 && !root.doc.wrong["zones"] {
		root.wrong("zones", "none; name one zone at least")
	}
	for i, zone := range zones {
		key := element("zones", i)
		switch {
		case root.doc.wrong[key]:
		case zone == "":
			root.doc.mistake(key, "empty; want a name such as us-east-1a")
		case slices.Contains(zones[:min(i, mostZones)], zone):
			root.doc.mistake(key, "zone %s is named twice", words.Quote(zone))
		}
	}
	if len(zones) > mostZones {
		root.wrong("zones", "%d zones; want %d at most", len(zones), mostZones)
	}
}

// mostZones is far beyond any Region; AWS has six zones in the largest.
const mostZones = 100

func (r *reader) readQuota(t *table) {
	q := &r.cfg.Quota
	limit, err := strconv.ParseInt(t.fallback("limit"), 10, 64)
	if err != nil {
		panic("scenario: default of quota.limit: " + err.Error())
	}
	q.Limit = int(t.integer("limit", limit, bounds[int64]{1, mostQuota}))
	q.Window = t.span("window", t.fallback("window"), bounds[time.Duration]{1, longestTrial})
	q.Distinct = t.choice("count", t.fallback("count"), "calls", "node-groups") == 1
	q.AlreadyUsed = readAlreadyUsed(t, q.Window)
	t.close()
	if len(q.AlreadyUsed) > q.Limit && !t.doc.wrong[t.key("limit")] {
		t.doc.warn(t.key("already_used"), "%d calls, more than the limit of %d", len(q.AlreadyUsed), q.Limit)
	}
}

// readAlreadyUsed gives the instants of earlier calls, ascending. One exactly a window ago is allowed: it no longer counts.
func readAlreadyUsed(t *table, window time.Duration) (used []sim.Time) {
	values, ok := t.get("already_used").([]any)
	if !ok && t.has("already_used") {
		t.want("already_used", `a list of durations before the start such as ["-3h"]`)
	}
	if len(values) > mostAlreadyUsed {
		t.wrong("already_used", "%d calls; want %d at most", len(values), mostAlreadyUsed)
		return nil
	}
	for i, value := range values {
		key := element(t.key("already_used"), i)
		at, err := t.doc.instant(value)
		switch {
		case err != nil:
			t.doc.mistake(key, "%v", err)
		case at >= 0:
			t.doc.mistake(key, `not before the start; want a duration such as "-3h"`)
		case at.Add(window) < 0:
			t.doc.mistake(key, "before the quota's window of %s; want a call inside it", dist.FormatDuration(window))
		default:
			used = append(used, at)
		}
	}
	slices.Sort(used)
	return used
}

// errorKeys are the keys of [errors], and the violations that they answer.
var errorKeys = []struct {
	key       string
	violation sim.Violation
}{
	{"automatic_failover_off", sim.AutomaticFailoverOff},
	{"multi_az_off", sim.MultiAZOff},
	{"no_healthy_replica", sim.NoHealthyReplica},
	{"replacement_running", sim.ReplacementRunning},
	{"quota_spent", sim.QuotaSpent},
}

// errorCodes are the codes that the API reference lists for TestFailover.
var errorCodes = []string{
	"APICallRateForCustomerExceeded", "InvalidCacheClusterState", "InvalidReplicationGroupState", "NodeGroupNotFoundFault",
	"ReplicationGroupNotFoundFault", "TestFailoverNotAvailableFault", "InvalidKMSKeyFault", "InvalidParameterValue",
	"InvalidParameterCombination",
}

// readErrors settles which code answers which violation. Where the texts of the API reference decide there is no key.
func (r *reader) readErrors(t *table) {
	r.cfg.Refusals = sim.Refusals{
		sim.InvalidGroupID:     "InvalidParameterValue",
		sim.InvalidNodeGroupID: "InvalidParameterValue",
		sim.GroupNotFound:      "ReplicationGroupNotFoundFault",
		sim.NodeGroupNotFound:  "NodeGroupNotFoundFault",
		sim.APIBlocked:         "TestFailoverNotAvailableFault",
		sim.KMSKeyInvalid:      "InvalidKMSKeyFault",
		sim.GroupNotAvailable:  "InvalidReplicationGroupState",
		sim.NodeNotAvailable:   "InvalidCacheClusterState",

		sim.NodeNotFound:             "CacheClusterNotFound",
		sim.RebootWithClusterMode:    "InvalidCacheClusterState",
		sim.NothingToModify:          "InvalidParameterCombination",
		sim.FailoverMandatory:        "InvalidParameterCombination",
		sim.ReplicaMissing:           "InvalidParameterCombination",
		sim.MultiAZNeedsFailover:     "InvalidParameterCombination",
		sim.PromotionWithClusterMode: "InvalidParameterCombination",
		sim.NotAMember:               "InvalidParameterValue",
		sim.PromotionWithFailover:    "InvalidReplicationGroupState",
	}
	for _, e := range errorKeys {
		code := t.text(e.key, t.fallback(e.key))
		allowed := errorCodes
		if e.violation == sim.MultiAZOff {
			allowed = append([]string{"allow"}, errorCodes...)
		}
		switch {
		case code == "allow" && e.violation == sim.MultiAZOff:
			code = ""
		case !slices.Contains(allowed, code):
			t.wrong(e.key, "no error code %s of TestFailover; %s", words.Quote(code), haveOf(code, allowed))
		}
		r.cfg.Refusals[e.violation] = code
	}
	t.close()
}

// haveOf says what is allowed: the likeliest meant, or all of it.
func haveOf(word string, options []string) string {
	if near := words.Nearest(word, options); near != "" {
		return "did you mean " + near + "?"
	}
	return "have " + words.List(options)
}

func statusWords(statuses []sim.Status) (words []string) {
	for _, s := range statuses {
		words = append(words, s.String())
	}
	return words
}
