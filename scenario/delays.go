package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"failsim/dist"
	"failsim/sim"
)

// setting is one value of a table of delays: a delay, a span or a rate, whichever its key stands for.
type setting struct {
	delay dist.Delay
	span  time.Duration
	rate  int64
	text  string // canonical, files replaced by their contents
}

// layer is what one table of delays says; absent keys fall through to the next layer.
type layer map[string]setting

// commonKeys may stand in any table of delays.
var commonKeys = []string{"accept", "completed_event", "recovery_start", "provision", "sync_rate", "lag", "detection", "takeover",
	"swap", "upgrade_gap", "reboot", "modify"}

// cmdKeys and cmeKeys differ from class to class.
var (
	cmdKeys = []string{"promotion", "propagation", "dns_ttl"}
	cmeKeys = []string{"promotion"}
)

// The classes of groups that fail over differently, by the names of their tables.
const (
	classCMD      = "cmd"
	classCMESmall = "cme_small" // one or two shards: no majority of primaries is left, the control plane acts
	classCME      = "cme"
)

const onlyCMD = "only groups with cluster mode disabled have a record that moves; set it in [delays.cmd]"

// readDelays reads the delays of all groups and of each class.
func (r *reader) readDelays(t *table) {
	r.common = r.readLayer(t, commonKeys)
	t.misplaced("set it by class: in [delays.cmd], [delays.cme_small] or [delays.cme]", "promotion")
	t.misplaced(onlyCMD, "propagation", "dns_ttl")
	for _, class := range []string{classCMD, classCMESmall, classCME} {
		sub := t.table(class)
		r.classes[class] = r.readClass(sub, class)
		sub.close()
	}
	t.close()
}

// readClass reads the table of a class, or that of a group of the class.
func (r *reader) readClass(t *table, class string) layer {
	if class == classCMD {
		return r.readLayer(t, slices.Concat(cmdKeys, commonKeys))
	}
	t.misplaced(onlyCMD, "propagation", "dns_ttl")
	return r.readLayer(t, slices.Concat(cmeKeys, commonKeys))
}

func (t *table) misplaced(hint string, names ...string) {
	for _, name := range names {
		if t.has(name) {
			t.wrong(name, "not here: %s", hint)
		}
	}
}

func (r *reader) readLayer(t *table, keys []string) layer {
	l := layer{}
	for _, key := range keys {
		if !t.has(key) {
			continue
		}
		text, ok := t.get(key).(string)
		if !ok {
			t.want(key, settingExample(key))
			continue
		}
		s, err := parseSetting(key, text, t.doc.readFile)
		if err != nil {
			t.wrong(key, "%v", err)
			continue
		}
		l[key] = s
	}
	return l
}

func settingExample(key string) string {
	switch key {
	case "sync_rate":
		return `a rate such as "100MB/s"`
	case "dns_ttl":
		return `a duration such as "15s"`
	}
	return `a delay such as "5s" or "uniform(1s, 5s)"`
}

func parseSetting(key, text string, readFile func(string) ([]byte, error)) (s setting, err error) {
	switch key {
	case "sync_rate":
		s.rate, err = parseRate(text)
		s.text = fmt.Sprint(s.rate)
	case "dns_ttl":
		s.span, err = dist.ParseDuration(text)
		if err == nil && (s.span < 0 || s.span > longestTTL) {
			err = fmt.Errorf("%s; want 0s to %s", text, dist.FormatDuration(longestTTL))
		}
		s.text = fmt.Sprint(int64(s.span))
	default:
		if s.delay, err = dist.Parse(text, readFile); err != nil {
			return s, err
		}
		var canonical []byte
		canonical, err = s.delay.MarshalText()
		s.text = digest(canonical)
	}
	return s, err
}

// longestTTL is the longest that a DNS record can say, rounded up to days: 2^31 - 1 seconds would be 68 years, but
// resolvers cut at a week.
const longestTTL = 7 * 24 * time.Hour

// resolve gives the delays of a group, the most specific table first, and their canonical text.
func (r *reader) resolve(spec *sim.GroupSpec, own layer) (delays sim.Delays, text string) {
	var texts strings.Builder
	class := classOf(spec)
	given := func(key string) (s setting, ok bool) {
		for _, l := range []layer{own, r.classes[class], r.common} {
			if s, ok = l[key]; ok {
				break
			}
		}
		return s, ok
	}
	get := func(key string) setting {
		s, ok := given(key)
		if !ok {
			s = r.standard(spec, key)
		}
		if key != "modify" || r.draws(key) { // what no call of the scenario draws has no meaning
			fmt.Fprintf(&texts, "%s=%s;", key, s.text)
		}
		return s
	}
	delays = sim.Delays{
		Accept:         get("accept").delay,
		Promotion:      get("promotion").delay,
		CompletedEvent: get("completed_event").delay,
		RecoveryStart:  get("recovery_start").delay,
		Provision:      get("provision").delay,
		Lag:            get("lag").delay,
		SyncRate:       get("sync_rate").rate,
		Detection:      get("detection").delay,
		Takeover:       get("takeover").delay,
		Swap:           get("swap").delay,
		UpgradeGap:     get("upgrade_gap").delay,
		Reboot:         get("reboot").delay,
		Modify:         get("modify").delay,
	}
	if class == classCMD {
		delays.Propagation = get("propagation").delay
		delays.DNSTTL = get("dns_ttl").span
	}
	if !spec.Modern() {
		delays.Upgraded = r.upgradedGaps(spec, &delays, given)
	}
	return delays, texts.String()
}

// upgradedGaps gives the gaps of planned work once an upgrade has brought an old engine to 5.0.6 or later. Those that are given, which
// it finds, hold as before.
func (r *reader) upgradedGaps(spec *sim.GroupSpec, delays *sim.Delays, given func(key string) (setting, bool)) *sim.Gaps {
	later, gaps := *spec, sim.Gaps{Swap: delays.Swap, UpgradeGap: delays.UpgradeGap}
	later.EngineVersion = "5.0.6"
	for key, gap := range map[string]*dist.Delay{"swap": &gaps.Swap, "upgrade_gap": &gaps.UpgradeGap} {
		if _, ok := given(key); ok {
			continue
		}
		name := r.standardName(&later, key)
		if *gap = r.standardOf(name).delay; r.kinds["upgrade"] && r.draws(key) {
			r.doc.defaults.use(name)
		}
	}
	return &gaps
}

// standard gives sim's default for a key. It counts as an assumption only if something in the scenario can draw it.
func (r *reader) standard(spec *sim.GroupSpec, key string) setting {
	name := r.standardName(spec, key)
	if r.draws(key) {
		r.doc.defaults.use(name)
	}
	return r.standardOf(name)
}

// standardName names the default for a key: the class's, that of old engines, or the one for all groups.
func (r *reader) standardName(spec *sim.GroupSpec, key string) string {
	class := classOf(spec)
	name := "delays." + key
	if special := "delays." + class + "." + key; r.doc.defaults.has(special) {
		name = special
	} else if key == "swap" && class == classCMD && !spec.Modern() || key == "upgrade_gap" && !spec.Modern() {
		name += " before 5.0.6"
	}
	return name
}

// standardOf gives sim's default of that name, `delays.` and its key.
func (r *reader) standardOf(name string) setting {
	s, ok := r.standards[name]
	if !ok {
		var err error
		path, _, _ := strings.Cut(name, " ")
		key := path[strings.LastIndex(path, ".")+1:]
		if s, err = parseSetting(key, r.doc.defaults.value(name), nil); err != nil {
			panic("scenario: default of " + name + ": " + err.Error())
		}
		r.standards[name] = s
	}
	return s
}

// draws tells whether something in the scenario can draw the delay of that key.
func (r *reader) draws(key string) bool {
	switch key {
	case "detection", "takeover":
		return r.kinds.losesNodes()
	case "swap":
		return r.kinds["replacement"] || r.kinds["scale"] || r.kinds["modify"]
	case "modify":
		return r.kinds[key]
	case "upgrade_gap", "reboot":
		return r.kinds[strings.TrimSuffix(key, "_gap")]
	}
	return true
}
