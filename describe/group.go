package describe

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// group is a replication group as a scenario will describe it.
type group struct {
	id   string
	mode string // "enabled", "disabled" or "compatible"
	// engine, version and nodeType are "" where the scenario's default is to serve.
	engine, version, nodeType string
	// tls, multiAZ and automaticFailover are nil where the answer is silent.
	tls, multiAZ, automaticFailover *bool
	status                          string
	nodeGroups                      []*nodeGroup // in the order of their ids, never empty
	region                          string       // of the ARN, or ""
}

// The limits of ElastiCache, which a scenario keeps.
const (
	mostNodeGroups = 500
	mostNodes      = 6 // a primary and five replicas
)

// Words of AWS and of the scenario language alike.
const (
	modeEnabled = "enabled"
	available   = "available"
)

var (
	// groupID is ElastiCache's rule but for the length: begins with a letter, no hyphen at the end, no two together.
	groupID   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	arnRegion = regexp.MustCompile(`^arn:[a-z-]+:elasticache:([a-z]+(-[a-z]+)+-\d+):`)

	groupStatuses = []string{"available", "creating", "modifying", "deleting", "create-failed", "snapshotting"}
	engines       = []string{"valkey", "redis"}
)

func groupAnswer() answer {
	return answer{"aws elasticache describe-replication-groups", "ReplicationGroups", "ReplicationGroup"}
}

// readGroups collects the groups that have nodes.
func (imp *importer) readGroups(in Input) error {
	items, more, err := groupAnswer().read(in.Groups)
	if err != nil {
		return inAnswer("replication groups", err)
	}
	if len(items) == 0 {
		return errors.New("ReplicationGroups: no replication group in the answer; is it the right account and Region?")
	}
	if more {
		imp.notes.add("the answer of describe-replication-groups is one page of several (it ends with a marker): groups are missing")
	}
	known, extras := map[string]string{}, tally{}
	for _, item := range items {
		o, err := item.object()
		if err != nil {
			return err
		}
		id, err := readID(o.get("ReplicationGroupId"), 40)
		if err != nil {
			return err
		}
		if first, twice := known[id]; twice {
			return fmt.Errorf("%s: the group %s stands in %s already", o.path, id, first)
		}
		known[id] = o.path
		if err := imp.readGroup(o, id, extras); err != nil {
			return err
		}
	}
	for _, g := range imp.groups {
		if imp.nodes[g.id] != nil {
			return fmt.Errorf("%s: %s is the id of a node, too; ElastiCache gives each id once", known[g.id], g.id)
		}
	}
	extras.note(&imp.notes, len(items))
	if len(imp.groups) == 0 {
		return fmt.Errorf("ReplicationGroups: none of %s has nodes in the answer, so there is nothing to simulate", count(len(items), "group"))
	}
	return nil
}

// inAnswer says which of the inputs an error of reading pages is about.
func inAnswer(what string, err error) error {
	return fmt.Errorf("%s: %w", what, err)
}

// readID reads an id of a group or a node. ElastiCache stores ids in lower case.
func readID(v value, longest int) (string, error) {
	id, err := v.text()
	if err != nil {
		return "", err
	}
	id = strings.ToLower(id)
	switch {
	case id == "":
		return "", fmt.Errorf("%s: missing", v.path)
	case len(id) > longest || !groupID.MatchString(id):
		return "", fmt.Errorf("%s: %q is no id: want at most %d letters, digits and single hyphens, a letter first", v.path, id, longest)
	}
	return id, nil
}

// readGroup adds one group, or notes why it is left out.
func (imp *importer) readGroup(o object, id string, extras tally) error {
	extras.look(o, groupExtras())
	g := &group{id: id, status: imp.readStatus(o.get("Status"), groupStatuses)}
	if err := imp.readNodeGroups(g, o); err != nil {
		return err
	}
	if len(g.nodeGroups) == 0 {
		imp.notes.about(id, fmt.Sprintf("left out, since the answer shows no nodes of it (status %s)", cmp.Or(g.status, "not told")))
		return nil
	}
	g.mode = imp.readMode(g, o)
	if g.mode != modeEnabled {
		if len(g.nodeGroups) > 1 {
			return fmt.Errorf("%s.NodeGroups: %d of them with cluster mode %s, which has one", o.path, len(g.nodeGroups), g.mode)
		}
		imp.settleOnlyID(g)
	}
	g.engine = imp.readEngine(o.get("Engine"))
	g.nodeType = imp.readNodeType(o.get("CacheNodeType"))
	g.tls = imp.optionalFlag(o.get("TransitEncryptionEnabled"))
	g.multiAZ = imp.readSwitch(g.id, o, "MultiAZ")
	g.automaticFailover = imp.readSwitch(g.id, o, "AutomaticFailover")
	if m := arnRegion.FindStringSubmatch(imp.optionalText(o.get("ARN"))); m != nil {
		g.region = m[1]
	}
	imp.groups = append(imp.groups, g)
	return nil
}

// settleOnlyID gives the one node group of a group without cluster mode its fixed id.
func (imp *importer) settleOnlyID(g *group) {
	if ng := g.nodeGroups[0]; ng.id != "0001" {
		imp.notes.about(g.id, "node group "+ng.id+" is written as 0001, the one id with cluster mode "+g.mode)
		ng.id = "0001"
	}
}

// readStatus reads a status; one that a scenario does not know is noted and taken for available.
func (imp *importer) readStatus(v value, known []string) string {
	status := imp.optionalText(v)
	if status == "" || slices.Contains(known, status) {
		return status
	}
	imp.notes.add("%s: the status %q is unknown; available is assumed", v.path, status)
	return available
}

// readMode returns the cluster mode, from what the answer says or else from the look of the group.
func (imp *importer) readMode(g *group, o object) string {
	switch mode := imp.optionalText(o.get("ClusterMode")); mode {
	case modeEnabled, "disabled", "compatible":
		return mode
	case "":
	default:
		imp.notes.add("%s.ClusterMode: %q is unknown; it is taken as absent", o.path, mode)
	}
	mode := "disabled"
	if enabled := imp.optionalFlag(o.get("ClusterEnabled")); enabled != nil {
		if *enabled {
			mode = modeEnabled
		}
		return mode
	}
	if len(g.nodeGroups) > 1 || g.nodeGroups[0].slots != "" {
		mode = modeEnabled
	}
	imp.notes.about(g.id, "the answer says neither ClusterMode nor ClusterEnabled; cluster mode "+mode+" is assumed from its node groups")
	return mode
}

// readEngine reads the engine; "" where the answer is silent or names one that a scenario does not know.
func (imp *importer) readEngine(v value) string {
	engine := strings.ToLower(imp.optionalText(v))
	if engine == "" || slices.Contains(engines, engine) {
		return engine
	}
	imp.notes.add("%s: the engine %q is unknown; it is taken as absent", v.path, engine)
	return ""
}

// readSwitch reads a setting that AWS words enabled, disabled or as being on the way to one of them.
func (imp *importer) readSwitch(id string, o object, name string) *bool {
	switch v := o.get(name); imp.optionalText(v) {
	case "enabled":
		return new(true)
	case "disabled":
		return new(false)
	case "enabling":
		imp.notes.about(id, name+" is enabling; enabled is assumed")
		return new(true)
	case "disabling":
		imp.notes.about(id, name+" is disabling; disabled is assumed")
		return new(false)
	case "":
		return nil
	default:
		imp.notes.add("%s: want enabled or disabled; it is taken as absent", v.path)
		return nil
	}
}

// hasReplicas tells whether every node group could fail over.
func (g *group) hasReplicas() bool {
	return !slices.ContainsFunc(g.nodeGroups, func(ng *nodeGroup) bool { return len(ng.nodes) < 2 })
}

// failsOver is the automatic failover that the scenario's default or the answer makes true.
func (g *group) failsOver() bool {
	if g.automaticFailover != nil {
		return *g.automaticFailover
	}
	return g.mode == modeEnabled || g.hasReplicas()
}
