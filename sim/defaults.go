package sim

// Grade says how a default is known.
type Grade string

// The grades: documented by AWS; read in the engine's source; measured or logged by a named user; inferred here from what is known.
const (
	GradeDocumented Grade = "DOC"
	GradeSource     Grade = "SRC"
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
		{"delays.detection", "triangular(10s, 20s, 45s)", GradeInferred,
			"AWS samples expect a failover within 30 s, and clients to bridge about 15 to 30 s"},
		{"delays.takeover", "triangular(2s, 5s, 15s)", GradeInferred, "no source: known to have failed until a replica is promoted"},
		{"delays.swap", "uniform(100ms, 1s)", GradeInferred,
			"around K4 (READONLY for about 0.5 s); User Guide on scaling: less than a second from 5.0.6 on"},
		{"delays.swap before 5.0.6", "uniform(1s, 5s)", GradeDocumented,
			"User Guide: with cluster mode disabled up to a few seconds, tied to DNS; the bounds are inferred"},
		{"delays.upgrade_gap", "uniform(1s, 5s)", GradeDocumented, "User Guide: a few seconds from 5.0.6 on; the bounds are inferred"},
		{"delays.upgrade_gap before 5.0.6", "uniform(30s, 60s)", GradeDocumented, "User Guide: 30 s to a minute, for the DNS name to follow"},
		{"delays.reboot", "triangular(30s, 60s, 120s)", GradeInferred, "no source"},
		{"delays.modify", "triangular(10s, 30s, 90s)", GradeInferred, "no source: how long a group is modifying when a setting is changed"},
		{"replication_group.election.node_timeout", "15s", GradeInferred,
			"the engine's default; what ElastiCache sets is not documented"},
		{"replication_group.election.mode", "classic", GradeSource, "cluster.c of Redis OSS 7.0, cluster_legacy.c of Valkey 8.0"},
		{"replication_group.election.mode unread", "classic", GradeInferred,
			"before 7.0 and after 8.0: taken to be the same, for that source was not read"},
		{"replication_group.write_size", "1KiB", GradeInferred, "no source: what one write takes in the replication stream"},
		{"replication_group.repl_backlog", "1MiB", GradeDocumented, "parameter repl-backlog-size"},
		{"replication_group.output_buffer", "a tenth of the dataset", GradeInferred,
			"the parameter is about 10 % of maxmemory; the dataset stands for it, with 1 MiB at least"},
		{"replication_group.resync_after_promotion", "partial", GradeDocumented,
			"FAQ: replicas no longer flush; the User Guide's limitations say that they do"},
		{"fault.slowdown", "1.0", GradeInferred, "no source: how much slower the control plane is while a zone is lost"},
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
