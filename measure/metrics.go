// Package measure knows every metric: its name, unit, observers and direction, and how one Outcome turns into integers.
//
// A Tally takes up the Outcomes of many trials in exact sums and histograms, so that tallies merged in any order agree to
// the bit; Summary turns it into estimates. What a Summary lists follows from the configuration, never from the data.
//
// A series is one metric as one observer sees it. Each series has a sample over all trials, and one for each group, cause
// and campaign by which the metric can be narrowed.
package measure

import "slices"

// Metric describes a metric. Its name is a contract with those who read summaries and write thresholds.
type Metric struct {
	Name   string
	Unit   string // s, ratio, count or 1/s
	Per    string // what has one value: window, trial, failover, call, promotion or campaign
	Better string // lower, higher or none
	// Observers are who can see it: service and endpoint (the name leads there too), or operator.
	Observers []string
	// Narrowed lists by what the metric is also given: group, cause, campaign.
	Narrowed []string
}

// Metrics lists every metric, in the order of a Summary.
func Metrics() []Metric { return slices.Clone(metrics[:]) }

// metricID is an index into metrics.
type metricID uint8

const (
	writeOutage metricID = iota
	readOutage
	replicaReadOutage
	reducedRedundancy
	groupWriteOutage
	fleetWriteOutage
	longestWriteOutage
	totalWriteOutage
	writeAvailability
	groupAvailability
	detection
	promotion
	propagation
	recovery
	callToCompleted
	lostTail
	lostWrites
	dataLosses
	failedWrites
	failedReads
	peakReads
	makespan
	covered
	acceptedCalls
	refusedCalls
	numMetrics
)

const (
	byGroup    = "group"
	byCause    = "cause"
	byCampaign = "campaign"
)

var (
	service  = []string{"service"}
	both     = []string{"service", "endpoint"}
	operator = []string{"operator"}

	anyWay     = []string{byGroup, byCause, byCampaign}
	fleetWays  = []string{byCause, byCampaign}
	callWays   = []string{byGroup, byCampaign}
	groupOnly  = []string{byGroup}
	ofCampaign = []string{byCampaign}
)

var metrics = [numMetrics]Metric{
	writeOutage:        {"write_outage", "s", "window", "lower", both, anyWay},
	readOutage:         {"read_outage", "s", "window", "lower", both, anyWay},
	replicaReadOutage:  {"replica_read_outage", "s", "window", "lower", service, anyWay},
	reducedRedundancy:  {"reduced_redundancy", "s", "window", "lower", service, anyWay},
	groupWriteOutage:   {"group_write_outage", "s", "window", "lower", both, anyWay},
	fleetWriteOutage:   {"fleet_write_outage", "s", "window", "lower", both, fleetWays},
	longestWriteOutage: {"longest_write_outage", "s", "trial", "lower", both, anyWay},
	totalWriteOutage:   {"total_write_outage", "s", "trial", "lower", both, anyWay},
	writeAvailability:  {"write_availability", "ratio", "trial", "higher", both, groupOnly},
	groupAvailability:  {"group_availability", "ratio", "trial", "higher", both, groupOnly},
	detection:          {"detection", "s", "failover", "lower", service, anyWay},
	promotion:          {"promotion", "s", "failover", "lower", service, anyWay},
	propagation:        {"propagation", "s", "failover", "lower", service, anyWay},
	recovery:           {"recovery", "s", "failover", "lower", service, anyWay},
	callToCompleted:    {"call_to_completed", "s", "call", "lower", operator, callWays},
	lostTail:           {"lost_tail", "s", "promotion", "lower", service, anyWay},
	lostWrites:         {"lost_writes", "count", "promotion", "lower", service, anyWay},
	dataLosses:         {"data_losses", "count", "trial", "lower", service, []string{byGroup, byCause}},
	failedWrites:       {"failed_writes", "count", "trial", "lower", both, groupOnly},
	failedReads:        {"failed_reads", "count", "trial", "lower", both, groupOnly},
	peakReads:          {"peak_reads_per_node", "1/s", "trial", "lower", service, groupOnly},
	makespan:           {"makespan", "s", "campaign", "lower", operator, ofCampaign},
	covered:            {"covered", "ratio", "campaign", "higher", operator, ofCampaign},
	acceptedCalls:      {"accepted_calls", "count", "campaign", "none", operator, ofCampaign},
	refusedCalls:       {"refused_calls", "count", "campaign", "lower", operator, ofCampaign},
}
