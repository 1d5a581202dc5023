package describe

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	versionNumber = regexp.MustCompile(`^\d{1,5}(\.\d{1,5}){0,2}$|^\d{1,5}(\.\d{1,5})?\.x$`)
	nodeType      = regexp.MustCompile(`^cache\.[a-z0-9-]+\.[a-z0-9-]+$`)
)

// settleEngine finds engine, version and node type, or notes that the defaults serve.
func (imp *importer) settleEngine(g *group) {
	known, unknown := imp.members(g)
	if len(imp.clusters) > 0 && unknown > 0 {
		imp.notes.about(g.id, count(unknown, "node")+" not told of among the cache clusters")
	}
	if g.engine == "" {
		g.engine = imp.agreed(g, "engine", known, func(c cacheCluster) string { return c.engine })
	}
	if g.nodeType == "" {
		g.nodeType = imp.agreed(g, "node type", known, func(c cacheCluster) string { return c.nodeType })
	}
	g.version = imp.agreed(g, "engine version", known, func(c cacheCluster) string { return c.version })
	if g.engine == "" {
		g.engine = "valkey"
		if g.version != "" && compareVersions(g.version, "7.2") < 0 {
			g.engine = "redis"
		}
		imp.notes.about(g.id, "the answer does not tell the engine; "+g.engine+" is assumed")
	}
	if g.nodeType == "" {
		imp.notes.about(g.id, "the answer does not tell the node type; cache.r7g.large is assumed")
	}
	imp.settleVersion(g)
}

// settleVersion drops a version that a scenario would refuse, and assumes one where the answer tells none.
func (imp *importer) settleVersion(g *group) {
	if why := g.versionRefused(); why != "" {
		imp.notes.about(g.id, fmt.Sprintf("engine version %s is taken as absent, since %s", g.version, why))
		g.version = ""
	}
	if g.version != "" {
		return
	}
	assumed := "8.0" // the default of a scenario
	if g.engine == "redis" {
		assumed = "7.1" // the last Redis OSS version of ElastiCache
		g.version = assumed
	}
	imp.notes.about(g.id, "the engine version is not told (describe-cache-clusters tells it); "+assumed+" is assumed")
}

// versionRefused says which of ElastiCache's own limits the version breaks.
func (g *group) versionRefused() string {
	before := func(version string) bool { return g.version != "" && compareVersions(g.version, version) < 0 }
	switch {
	case g.engine != "redis" && before("7.2"):
		return "Valkey begins with 7.2"
	case g.mode == "compatible" && before("7.0"):
		return "cluster mode compatible begins with 7.0"
	case len(g.nodeGroups) > 250 && before("5.0.6"):
		return "more than 250 node groups begin with 5.0.6"
	}
	return ""
}

// agreed returns what the nodes say, the lowest where they disagree (an upgrade under way), or "".
func (imp *importer) agreed(g *group, what string, known []cacheCluster, of func(cacheCluster) string) string {
	var said []string
	for _, c := range known {
		if s := of(c); s != "" && !slices.Contains(said, s) {
			said = append(said, s)
		}
	}
	if len(said) == 0 {
		return ""
	}
	slices.SortFunc(said, compareVersions)
	if len(said) > 1 {
		imp.notes.about(g.id, fmt.Sprintf("its nodes differ in %s (%s); %s is taken", what, strings.Join(said, ", "), said[0]))
	}
	return said[0]
}

// compareVersions orders 7.1 before 7.1.1 before 7.10 before 7.x, and other words as words.
func compareVersions(a, b string) int {
	if !versionNumber.MatchString(a) || !versionNumber.MatchString(b) {
		return cmp.Compare(a, b)
	}
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		return cmp.Compare(versionPart(x), versionPart(y))
	})
}

// versionPart takes the x of 6.x for larger than any number.
func versionPart(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return math.MaxInt
}

// readNodeType reads a node type; "" where the answer is silent or says what a scenario would refuse.
func (imp *importer) readNodeType(v value) string {
	text := imp.optionalText(v)
	if text == "" || nodeType.MatchString(text) {
		return text
	}
	imp.notes.add("%s: %q is no node type such as cache.r7g.large; it is taken as absent", v.path, text)
	return ""
}
