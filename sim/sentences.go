package sim

import (
	"fmt"
	"strings"
)

// logIncident tells that an incident begins or ends.
func (w *World) logIncident(kind Kind, index int32) {
	if !w.tracing {
		return
	}
	i := &w.incidents[index]
	record := about(kind)
	if i.node >= 0 {
		record = w.nodeRecord(kind, i.node)
	}
	record.Incident = index
	if kind == KindFaultStruck && i.active {
		record.Span = i.ends.Sub(w.clock.Now())
	}
	w.log(record)
}

// troubleSentence puts what befalls nodes and groups into words.
func (w *World) troubleSentence(r Record, node string) string {
	switch r.Kind {
	case KindFaultStruck, KindIncidentOver:
		return w.incidentSentence(r)
	case KindNodeFailed:
		return node + " fails in " + w.top.nodes[r.Node].cfg.Zone
	case KindNodeCutOff:
		return node + " is cut off in " + w.top.nodes[r.Node].cfg.Zone + ", and runs on"
	case KindNodeHealed:
		return node + " is in reach again"
	case KindAloneEnded:
		return fmt.Sprintf("%s took writes on its side for %v: they are lost, and the lost tail is %v", node, short(r.Span), short(r.Lost))
	case KindFailureKnown:
		return node + " is known to have failed"
	case KindNoReplica:
		return "no replica is up that could take over from " + node
	case KindVotesSplit:
		return fmt.Sprintf("no replica gets the votes of a majority to take over from %s: the next try is in %v", node, short(r.Span))
	case KindFailoverAbandoned:
		return "nothing is promoted in place of " + node
	case KindRecoveryHeld:
		return "the replacement of " + node + " waits for " + w.top.nodes[r.Node].cfg.Zone
	case KindFullSync:
		return fmt.Sprintf("%s has to copy everything: full sync takes %v", node, short(r.Span))
	case KindNodeSynced:
		return node + " has the data again"
	case KindDataLost:
		return "all data of the node group is lost"
	case KindMajorityLost:
		return "the engine has lost a majority of its primaries: no node of the group serves"
	case KindMajorityBack:
		return "a majority of the primaries is back"
	case KindNodeRebooting:
		return node + " reboots"
	case KindNodeRebooted:
		return node + " runs again, empty"
	}
	return w.workSentence(r, node)
}

// incidentName is the incident's kind, and where it strikes.
func (w *World) incidentName(i *incident) string {
	if i.node >= 0 {
		return i.kind.String() + " " + w.top.nodes[i.node].cfg.ID
	}
	return i.kind.String() + w.placeOf(i)
}

func (w *World) incidentSentence(r Record) string {
	i := &w.incidents[r.Incident]
	what := w.incidentName(i)
	switch {
	case r.Kind == KindIncidentOver && (i.kind == FaultZone || i.kind == FaultZonePower):
		return strings.TrimPrefix(what, i.kind.String()+" ") + " is back"
	case r.Kind == KindIncidentOver:
		return what + " is over"
	case r.Span > 0:
		return fmt.Sprintf("%s, for %v", what, short(r.Span))
	}
	return what
}

// placeOf names the zone, or the node, that the incident strikes.
func (w *World) placeOf(i *incident) string {
	nodes := w.struck(i)
	if i.kind == FaultZonePower {
		nodes = w.top.faults[i.fault].nodes
	}
	if i.fault >= 0 && w.top.faultConfig(i.fault).Target.Zone == "" {
		target := &w.top.faultConfig(i.fault).Target
		var ids []string
		for _, g := range target.Groups {
			ids = append(ids, w.top.cfg.Groups[g].ID)
		}
		if len(nodes) == 1 {
			return " " + w.top.nodes[nodes[0]].cfg.ID
		}
		return " of " + strings.Join(ids, ", ")
	}
	if len(nodes) == 0 {
		return ""
	}
	return " " + w.top.nodes[nodes[0]].cfg.Zone
}

func (w *World) workSentence(r Record, node string) string {
	switch r.Kind {
	case KindWorkScheduled:
		return fmt.Sprintf("%s waits %v for the maintenance window", w.incidentKind(r), short(r.Span))
	case KindWorkHeld:
		return w.incidentKind(r) + " waits until other work on the group is done"
	case KindWorkStarted:
		return w.incidentKind(r) + " begins"
	case KindPlacePrepared:
		return "a new node is prepared for the place of " + node
	case KindPlaceTaken:
		return fmt.Sprintf("the new node takes over from primary %s: no writes for %v", node, short(r.Span))
	case KindPlaceSwapped:
		return "the new " + node + " serves"
	case KindWorkFinished:
		return w.incidentKind(r) + " of the node group is done"
	}
	panic("sim: no sentence for " + r.Kind.String())
}

// incidentKind is the kind of planned work that a record tells of: its Incident is one of the topology's faults.
func (w *World) incidentKind(r Record) string { return w.top.faultConfig(r.Incident).Kind.String() }
