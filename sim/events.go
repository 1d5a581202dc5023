package sim

import (
	"fmt"
	"time"
)

// event is something that is still to happen. Its subject is, by kind, a failover, a lane, a campaign, a call, a group or
// a node.
type event struct {
	kind    Kind
	subject int32
}

// Kind is a kind of event, or of Record.
type Kind uint8

// The kinds: a failover in the order of its timeline; what else befalls node groups that lost a node; what strikes; planned
// work; the operator's; and what the scenario sets from outside. KindCallDue and KindOperatorCalls are told as
// KindTestFailoverCalled, KindSyncFinished as KindRecoveryFinished or KindNodeSynced, KindFailureStruck as KindFaultStruck.
const (
	KindCallDue Kind = iota
	KindTestFailoverCalled
	KindPrimaryCutOff
	KindReplicaPromoted
	KindFailoverCompleted
	KindEndpointMoved
	KindResolversFollowed
	KindRecoveryStarted
	KindReplacementUp
	KindRecoveryFinished

	KindFailureKnown
	KindNoReplica
	KindVotesSplit
	KindFailoverAbandoned
	KindRecoveryHeld
	KindFullSync
	KindSyncFinished
	KindNodeSynced
	KindDataLost
	KindMajorityLost
	KindMajorityBack

	KindFaultStruck
	KindFailureStruck
	KindIncidentOver
	KindNodeFailed
	KindNodeCutOff
	KindNodeHealed
	KindAloneEnded
	KindReplicaDropped
	KindNodeRebooting
	KindNodeRebooted

	KindWorkScheduled
	KindWorkHeld
	KindWorkStarted
	KindPlacePrepared
	KindReplacementReady
	KindPlaceTaken
	KindPlaceSwapped
	KindWorkFinished

	KindCampaignStarted
	KindOperatorCalls
	KindOperatorWaits
	KindOperatorSawRecovery
	KindOperatorTimedOut
	KindCampaignEnded

	KindAPIBlocked
	KindAPIUnblocked
	KindGroupAvailable
	KindNodeAvailable
	KindHorizonReached

	KindRebootCalled
	KindModifyCalled
	KindModified
	KindHandOverBegun
	KindHandOverDone
	KindHandOverNamed
	KindHandOverFollowed
	KindHandOverDropped
	numKinds
)

// String is the name that timelines use.
func (k Kind) String() string {
	return [...]string{
		"CallDue", "TestFailoverCalled", "PrimaryCutOff", "ReplicaPromoted", "FailoverCompleted", "EndpointMoved",
		"ResolversFollowed", "RecoveryStarted", "ReplacementUp", "RecoveryFinished",
		"FailureKnown", "NoReplica", "VotesSplit", "FailoverAbandoned", "RecoveryHeld", "FullSync", "SyncFinished", "NodeSynced", "DataLost",
		"MajorityLost", "MajorityBack",
		"FaultStruck", "FailureStruck", "IncidentOver", "NodeFailed", "NodeCutOff", "NodeHealed", "AloneEnded", "ReplicaDropped",
		"NodeRebooting", "NodeRebooted",
		"WorkScheduled", "WorkHeld", "WorkStarted", "PlacePrepared", "ReplacementReady", "PlaceTaken", "PlaceSwapped", "WorkFinished",
		"CampaignStarted", "OperatorCalls", "OperatorWaits", "OperatorSawRecovery", "OperatorTimedOut", "CampaignEnded",
		"APIBlocked", "APIUnblocked", "GroupAvailable", "NodeAvailable", "HorizonReached",
		"RebootCalled", "ModifyCalled", "Modified", "HandOverBegun", "HandOverDone", "HandOverNamed", "HandOverFollowed", "HandOverDropped",
	}[k]
}

// Record is one line of a trial's timeline. Describe puts it into words.
type Record struct {
	At                     Time
	Span                   time.Duration // how long it took, takes or will take
	Lost                   time.Duration // the lost tail of a promotion, so far, or of a primary that was replaced
	Kind                   Kind
	Violation              Violation
	Group, NodeGroup, Node int32  // slab indices; -1 for none
	Other                  int32  // the node that another took over from
	Campaign               int32  // -1 for none
	Incident               int32  // the incident that begins or ends; -1 for none
	Shown                  Status // what Describe shows for the group
	Role                   Role   // of the node
	Halted                 bool   // the group serves nobody, as it misses its majority
}

// about starts a record that concerns nothing but the kind of event.
func about(kind Kind) Record {
	return Record{Kind: kind, Group: -1, NodeGroup: -1, Node: -1, Campaign: -1, Incident: -1}
}

// nodeRecord starts a record of what happens to a node.
func (w *World) nodeRecord(kind Kind, node int32) Record {
	ng := w.nodes[node].nodeGroup
	return Record{Kind: kind, Group: w.nodeGroups[ng].group, NodeGroup: ng, Node: node, Role: w.nodes[node].role, Campaign: -1, Incident: -1}
}

// log adds a line to the timeline, now.
func (w *World) log(r Record) {
	if w.tracing {
		r.At = w.clock.Now()
		if r.Group >= 0 {
			r.Shown = w.ShownStatus(int(r.Group))
		}
		w.records = append(w.records, r)
	}
}

// Records is the timeline so far, if Trace is on; valid until the World is stepped or reset.
func (w *World) Records() []Record { return w.records }

// RecordText is a Record in words. Empty fields do not apply.
type RecordText struct {
	At                           Time
	Kind, Group, NodeGroup, Node string
	Text                         string
	// Outcome is, for a call, "accepted" or the label of its refusal.
	Outcome string
}

// Tell puts the records [from, to) of the timeline into words.
func (w *World) Tell(from, to int) []RecordText {
	told := make([]RecordText, 0, max(0, to-from))
	for _, r := range w.records[from:max(from, to)] {
		told = append(told, w.Describe(r))
	}
	return told
}

// Describe puts a record into words.
func (w *World) Describe(r Record) RecordText {
	text := RecordText{At: r.At, Kind: r.Kind.String()}
	if r.Group >= 0 {
		text.Group = w.top.cfg.Groups[r.Group].ID
	}
	if r.NodeGroup >= 0 {
		text.NodeGroup = w.top.nodeGroups[r.NodeGroup].cfg.ID
	}
	if r.Node >= 0 {
		text.Node = w.top.nodes[r.Node].cfg.ID
	}
	if r.Kind == KindTestFailoverCalled || r.Kind == KindRebootCalled || r.Kind == KindModifyCalled {
		text.Outcome = w.top.cfg.Refusals[r.Violation]
		if r.Violation == NoViolation {
			text.Outcome = "accepted"
		}
	}
	text.Text = w.sentence(r, text.Node)
	return text
}

func (w *World) sentence(r Record, node string) string {
	switch r.Kind {
	case KindTestFailoverCalled:
		return w.callSentence(r)
	case KindPrimaryCutOff:
		return "primary " + node + " is cut off: no writes"
	case KindReplicaPromoted:
		then := "writes go on after"
		if r.Halted {
			then = "the group waits for its majority after"
		}
		return fmt.Sprintf("replica %s takes over from %s: %s %v; its lost tail is %v", node, w.top.nodes[r.Other].cfg.ID, then, short(r.Span), short(r.Lost))
	case KindFailoverCompleted:
		return "failover to " + node + " is announced"
	case KindEndpointMoved:
		return w.top.nodeGroups[r.NodeGroup].group.PrimaryEndpoint(w.top.cfg.Region) + " names " + node
	case KindResolversFollowed:
		return "every resolver leads to " + node
	case KindRecoveryStarted:
		return "replacement of " + node + " begins in " + w.top.nodes[r.Node].cfg.Zone
	case KindReplacementUp:
		return fmt.Sprintf("%s is up and empty: full sync takes %v", node, short(r.Span))
	case KindRecoveryFinished:
		as := "a replica"
		if r.Role == RolePrimary {
			as = "the primary"
		}
		if r.Lost > 0 {
			as += fmt.Sprintf(", its lost tail is %v", short(r.Lost))
		}
		return node + " is back as " + as + "; Describe shows the group " + r.Shown.String()
	case KindGroupAvailable:
		return "the group is available"
	case KindNodeAvailable:
		return node + " is available"
	case KindAPIBlocked:
		return "the service blocks TestFailover"
	case KindAPIUnblocked:
		return "the service allows TestFailover again"
	case KindHorizonReached:
		return "nothing new begins from here on"
	}
	if text := w.actionSentence(r, node); text != "" {
		return text
	}
	if r.Campaign < 0 {
		return w.troubleSentence(r, node)
	}
	return w.operatorSentence(r)
}

// short rounds a span to what a reader takes in.
func short(d time.Duration) time.Duration {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond)
	case d < time.Second:
		return d.Round(10 * time.Microsecond)
	default:
		return d.Round(time.Millisecond)
	}
}

func (w *World) callSentence(r Record) string {
	who := "call"
	if r.Campaign >= 0 {
		who = "campaign " + w.top.cfg.Campaigns[r.Campaign].Name + ": call"
	}
	if r.Violation != NoViolation {
		return who + " refused: " + r.Violation.String()
	}
	return who + " accepted; Describe shows the group " + r.Shown.String()
}

func (w *World) operatorSentence(r Record) string {
	name := "campaign " + w.top.cfg.Campaigns[r.Campaign].Name
	switch r.Kind {
	case KindCampaignStarted:
		return fmt.Sprintf("%s begins: %d failovers", name, w.top.campaigns[r.Campaign].targets)
	case KindOperatorWaits:
		return fmt.Sprintf("%s waits %v for the quota", name, short(r.Span))
	case KindOperatorSawRecovery:
		return name + " sees `Finished recovery`"
	case KindOperatorTimedOut:
		return fmt.Sprintf("%s gives up on the failover after %v", name, short(r.Span))
	case KindCampaignEnded:
		c := w.campaignOutcome(r.Campaign)
		return fmt.Sprintf("%s ends: %d of %d failovers seen through", name, c.Covered, c.Targets)
	}
	panic("sim: no sentence for " + r.Kind.String())
}

// message is a service event's template.
type message uint8

const (
	messageTestFailoverCalled    message = iota // the subject is a node group
	messageNodeFailoverCompleted                // a failover
	messageGroupFailoverCompleted
	messageRecovering // a node, from here on
	messageRecoveryFinished
	messageShutdown
	messageRestarted
	messagePatched
	messageScaled
	messageScheduled
	messageFailoverTurnedOn // a group
)

// serviceEvent is a message of the service, kept short until somebody reads it.
type serviceEvent struct {
	at      Time
	subject int32
	fault   int32 // of the topology's faults, for planned work
	message message
}

// ServiceEvent is a message of DescribeEvents.
type ServiceEvent struct {
	At         Time
	SourceID   string
	SourceType string // replication-group or cache-cluster
	Message    string
}

// The source types of the service events.
const (
	SourceReplicationGroup = "replication-group"
	SourceCacheCluster     = "cache-cluster"
)

// cacheNodeID is the id of the only node of a cache cluster, for these engines.
const cacheNodeID = "0001"

// emit sends a service event, now.
func (w *World) emit(e serviceEvent) {
	if w.tracing {
		e.at = w.clock.Now()
		w.service = append(w.service, e)
	}
}

// ServiceEvents are the messages so far, if Trace is on, in the order in which they were sent.
func (w *World) ServiceEvents() []ServiceEvent {
	events := make([]ServiceEvent, len(w.service))
	for i, e := range w.service {
		events[i] = w.serviceEvent(e)
	}
	return events
}

// serviceEvent words a message as the API reference of TestFailover documents it, or as Config.Wording asks; other messages
// are as the service's event notifications or recorded answers have them.
func (w *World) serviceEvent(e serviceEvent) ServiceEvent {
	switch e.message {
	case messageTestFailoverCalled:
		facts := &w.top.nodeGroups[e.subject]
		return ServiceEvent{e.at, facts.group.ID, SourceReplicationGroup, "Test Failover API called for node group " + facts.cfg.ID}
	case messageNodeFailoverCompleted:
		f := &w.failovers[e.subject]
		return ServiceEvent{e.at, w.top.nodes[f.Old].cfg.ID, SourceCacheCluster, w.failoverMessage(f)}
	case messageGroupFailoverCompleted:
		f := &w.failovers[e.subject]
		return ServiceEvent{e.at, w.top.cfg.Groups[f.Group].ID, SourceReplicationGroup, w.failoverMessage(f)}
	case messageFailoverTurnedOn:
		id := w.top.cfg.Groups[e.subject].ID
		return ServiceEvent{e.at, id, SourceReplicationGroup, "Automatic failover has been turned on for replication group " + id}
	}
	return ServiceEvent{e.at, w.top.nodes[e.subject].cfg.ID, SourceCacheCluster, w.nodeMessage(e)}
}

// nodeMessage is a message about one node.
func (w *World) nodeMessage(e serviceEvent) string {
	switch e.message {
	case messageRecovering:
		return "Recovering cache nodes " + cacheNodeID
	case messageRecoveryFinished:
		return "Finished recovery for cache nodes " + cacheNodeID
	case messageShutdown:
		return "Cache node " + cacheNodeID + " shutdown"
	case messageRestarted:
		return "Cache node " + cacheNodeID + " restarted"
	case messagePatched:
		return "Cache cluster patched"
	case messageScaled:
		return "Succeeded applying modification to cache node type to " + w.top.faultConfig(e.fault).Work.NodeType + "."
	case messageScheduled:
		begin := w.Date(w.top.faults[e.fault].begin)
		group := w.top.nodeGroups[w.nodes[e.subject].nodeGroup].group
		return fmt.Sprintf("The node with Cache Cluster ID: %s, Node ID: %s is scheduled for replacement during the maintenance window "+
			"from Start Time: %s, End Time: %s", w.top.nodes[e.subject].cfg.ID, cacheNodeID, begin.Format(time.RFC3339),
			begin.Add(group.Maintenance.Length).Format(time.RFC3339))
	}
	panic(fmt.Sprintf("sim: no text for message %d", e.message))
}

func (w *World) failoverMessage(f *failover) string {
	from, to := w.top.nodes[f.Old].cfg.ID, w.top.nodes[f.New].cfg.ID
	switch w.top.cfg.Wording {
	case WordingObserved:
		return "Failover to replica node " + to + " completed"
	case WordingLegacy:
		return "Failover from master node " + from + " to replica node " + to + " completed"
	default:
		return "Failover from primary node " + from + " to replica node " + to + " completed"
	}
}
