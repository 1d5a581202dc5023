package sim

import "time"

// Outcome is what one trial leaves. It belongs to its World and is valid until the next Reset.
type Outcome struct {
	Seed, Trial uint64
	End         Time
	// Windows are in the order in which they opened; none is empty, and no two of one key touch.
	Windows []OutageWindow
	// Failovers are in the order in which they began: at the accepted call, or at the loss of the primary.
	Failovers []Failover
	// Recoveries are in the order in which they began, each the replacement of one node.
	Recoveries []Recovery
	// DataLosses are in the order of their instants.
	DataLosses []DataLoss
	// Campaigns has one entry per Config.Campaigns.
	Campaigns []CampaignOutcome
	// Calls counts every TestFailover call of the trial.
	Calls CallCount
	// PeakReads has, per group, the highest reads_per_second / healthy readers, times ReadersScale.
	PeakReads []int64
}

// ReadersScale is the fixed denominator of Outcome.PeakReads: divisible by 1 to 6, the possible numbers of readers.
const ReadersScale = 60

// CallCount counts TestFailover calls: Made = Accepted + the sum of Refused.
type CallCount struct {
	Made, Accepted int64
	Refused        [NumViolations]int64
}

// OutageWindow is a span [From, To) in which something was impossible for an observer.
type OutageWindow struct {
	From, To Time
	Group    int32 // index into Config.Groups; -1 for the fleet
	// NodeGroup is the index of the node group within its group; -1 for the window of a group or of the fleet.
	NodeGroup int32
	Campaign  int32 // whose call caused it: index into Config.Campaigns; -1 for none
	Access    Access
	Observer  Observer
	Cause     Cause
	// Censored says that the window was still open at the end of the trial: To is that end, the true end is later.
	Censored bool
}

// Access is what an OutageWindow made impossible.
type Access uint8

// The kinds of access: writes; reads from any node; reads from a replica; and the redundancy that was configured.
const (
	AccessWrite Access = iota
	AccessRead
	AccessReplicaRead
	AccessRedundancy
)

// String is the word that tables and files use.
func (a Access) String() string { return [...]string{"write", "read", "replica-read", "redundancy"}[a] }

// Observer is who notices an outage.
type Observer uint8

// The observers: ObserverService asks whether a reachable node exists, ObserverEndpoint whether the name leads there too.
const (
	ObserverService Observer = iota
	ObserverEndpoint
)

// String is the word that tables and files use.
func (o Observer) String() string { return [...]string{"service", "endpoint"}[o] }

// Cause is what opened a window.
type Cause uint8

// The causes: a TestFailover call, a node whose configured status keeps it from serving, and from CauseFault on one for each
// FaultKind.
const (
	CauseTestFailover Cause = iota
	CauseNodeStatus
	CauseFault
	// CauseModify is a primary that hands over because ModifyReplicationGroup asked for another one.
	CauseModify = CauseFault + Cause(NumFaultKinds)
	NumCauses   = CauseModify + 1
)

// CauseOf is the cause that a fault of the kind gives.
func CauseOf(k FaultKind) Cause { return CauseFault + Cause(k) }

// String is the word that tables and files use.
func (c Cause) String() string {
	if c == CauseModify {
		return "modify"
	}
	if c >= CauseFault {
		return FaultKind(c - CauseFault).String()
	}
	return [...]string{"test-failover", "node-status"}[c]
}

// Failover is one failover and the replacement of the old primary after it. An instant that was not reached is Never.
type Failover struct {
	Group     int32 // index into Config.Groups
	NodeGroup int32 // index of the node group within its group
	Old, New  int32 // nodes, by index within the node group: the primary that was lost, the replica promoted (-1: none)
	Campaign  int32 // index into Config.Campaigns; -1 for none
	Cause     Cause

	Accepted   Time // the call; Never where none was made
	CutOff     Time // the primary was lost
	Known      Time // unplanned: the control plane, or the engine's majority, takes the primary for failed
	Promoted   Time
	Abandoned  Time // nothing was promoted: the primary came back, or all data was lost
	Completed  Time // event `Failover … completed`
	Propagated Time // cluster mode disabled: the endpoint's record names the new primary

	// Of the old primary's replacement, as in its Recovery.
	RecoveryStarted, Provisioned, Finished Time

	// LostTail is the span of acknowledged writes that the promotion dropped, LostWrites how many whole writes they were.
	LostTail   time.Duration
	LostWrites int64
}

// Recovery is the replacement of one node. An instant that was not reached is Never.
type Recovery struct {
	Group     int32 // index into Config.Groups
	NodeGroup int32 // index of the node group within its group
	Node      int32 // index of the node within the node group
	Campaign  int32 // index into Config.Campaigns; -1 for none
	Cause     Cause

	Began       Time // the call was accepted, or the node failed
	Known       Time // the control plane knows that it failed
	Started     Time // event `Recovering cache nodes`
	Provisioned Time // the new node runs, without data
	Finished    Time // event `Finished recovery`
	Cancelled   Time // the node came back by itself

	// Restored says that it was a primary in whose place nobody was promoted, and that it has its data from a replica or from the log.
	// LostTail is the span of acknowledged writes that they did not have, LostWrites how many whole writes they were.
	Restored   bool
	LostTail   time.Duration
	LostWrites int64
}

// DataLoss is the loss of all data of a node group.
type DataLoss struct {
	At        Time
	Group     int32 // index into Config.Groups
	NodeGroup int32 // index of the node group within its group
	Campaign  int32 // -1 for none
	Cause     Cause
}

// CampaignOutcome is what an operator got done.
type CampaignOutcome struct {
	// Targets is how many failovers the campaign set out for; Covered how many it saw through to `Finished recovery`.
	Targets, Covered int64
	// Ended is the poll that saw the last `Finished recovery`; where Covered < Targets, the instant at which the operator
	// ended or gave up, or the end of the trial.
	Ended Time
	Calls CallCount
}
