package sim

// Grade says how a default is known.
type Grade string

// The grades: documented by AWS; measured or logged by a named user; inferred here from what is known.
const (
	GradeDocumented Grade = "DOC"
	GradeMeasured   Grade = "MEAS"
	GradeInferred   Grade = "INF"
)

// Default is a value that holds where a scenario says nothing, with how it is known and from where.
type Default struct {
	Name   string // the scenario's key, dotted
	Value  string // as a scenario would write it
	Grade  Grade
	Source string
}

// Defaults lists every default that speaks for ElastiCache: the phases of a failover, then the rules of TestFailover.
// docs/evidence.md has the observations that the sources name.
func Defaults() []Default {
	return []Default{
		{"delays.accept", "uniform(1s, 5s)", GradeInferred, "no source: the API answers before the primary is cut off"},
		{"delays.completed_event", "0s", GradeInferred, "the event is taken to be sent at the promotion"},
		{"delays.recovery_start", "uniform(40s, 120s)", GradeInferred, "around K1 (83 s)"},
		{"delays.provision", "triangular(300s, 480s, 720s)", GradeInferred,
			"FAQ: a new healthy node typically within six minutes; K1: 618 s with the sync"},
		{"delays.sync_rate", "100MB/s", GradeInferred, "no source"},
		{"delays.lag", "lognormal(median=1ms, p99=20ms)", GradeInferred, "no AWS figure; third parties say usually very low"},
		{"delays.cmd.promotion", "triangular(12s, 19s, 35s)", GradeInferred, "around K2 (about 20 s)"},
		{"delays.cmd.propagation", "triangular(3s, 12s, 45s)", GradeInferred, "around K2 (48 s, resolver caches included)"},
		{"delays.cmd.dns_ttl", "15s", GradeInferred, "not documented; AWS advises clients to cache names for 5 to 10 s"},
		{"delays.cme_small.promotion", "triangular(40s, 62s, 115s)", GradeInferred,
			"around K1 (63 s; its author saw close to a minute up to two minutes)"},
		{"delays.cme.promotion", "triangular(15s, 25s, 40s)", GradeInferred,
			"AWS Database Blog 2016: usually about 30 s, informing nodes and clients included"},
		{"quota.limit", "15", GradeDocumented, "API reference, TestFailover"},
		{"quota.window", "24h", GradeDocumented, "API reference, TestFailover: any rolling 24-hour period"},
		{"quota.count", "calls", GradeInferred, "whether repeats on one shard count twice is not documented"},
		{"errors.automatic_failover_off", "InvalidParameterCombination", GradeInferred, "the mapping is not documented"},
		{"errors.multi_az_off", "allow", GradeInferred,
			"the console asks for Multi-AZ, the API reference does not; refusing is not documented"},
		{"errors.no_healthy_replica", "InvalidReplicationGroupState", GradeInferred, "the mapping is not documented"},
		{"errors.replacement_running", "InvalidReplicationGroupState", GradeInferred, "the mapping is not documented"},
		{"errors.quota_spent", "APICallRateForCustomerExceeded", GradeInferred,
			"the mapping is not documented; the only quota-like error of the operation"},
		{"status_during_failover", "available", GradeDocumented,
			"User Guide: the console continues to show available; an AWS sample says modifying"},
		{"wording", "documented", GradeDocumented,
			"API reference, TestFailover; logs of 2022 to 2026 show other wordings: observed, legacy"},
	}
}
