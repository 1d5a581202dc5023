package report

// metricWords name a metric for people, and say what it is.
type metricWords struct{ name, title, means string }

// inWords is by name of the metric.
var inWords = []metricWords{
	{"write_outage", "Write outage of a shard", "how long one shard (node group) could not be written"},
	{"group_write_outage", "Write outage of a group", "how long at least one shard of a group could not be written"},
	{"fleet_write_outage", "Write outage anywhere", "how long at least one shard of any group could not be written"},
	{"longest_write_outage", "Longest write outage of a trial", "the longest write outage of any shard, 0 where there was none"},
	{"total_write_outage", "Write outages of a trial, added up", "all write outages of all shards in one trial"},
	{"read_outage", "Read outage of a shard", "how long no node of a shard could answer reads"},
	{"replica_read_outage", "No replica to read from", "how long no replica of a shard could be read"},
	{"lost_tail", "Lost writes, as a span", "how far the next primary trails: the promoted replica, or what a replaced primary copied; the acknowledged writes of that span are gone"},
	{"lost_writes", "Lost writes", "acknowledged writes that the next primary does not have"},
	{"data_losses", "Shards that lost their data", "how many shards lost all of their data in a trial; the share of trials above 0 is the probability"},
	{"failed_writes", "Failed writes of a trial", "writes that fell into outages, at the given rates"},
	{"failed_reads", "Failed reads of a trial", "reads that fell into outages, at the given rates"},
	{"peak_reads_per_node", "Peak load of a reader", "the most reads a second that one healthy node had to answer"},
	{"write_availability", "Write availability", "share of the horizon in which a shard could be written, over all shards"},
	{"group_availability", "Availability of a whole group", "share of the horizon in which all shards of a group could be written"},
	{"reduced_redundancy", "Reduced redundancy", "how long a shard had fewer healthy replicas than configured"},
	{"detection", "Detection", "from the failure until it is known"},
	{"promotion", "Promotion", "from the cut-off until a replica is promoted"},
	{"propagation", "Propagation", "from the promotion until the endpoint's record names the new primary; resolvers' caches not included"},
	{"call_to_completed", "Call to announcement", "from the accepted call to the event that the failover is completed"},
	{"recovery", "Recovery", "from `Recovering` to `Finished recovery`: the replacement node, sync included"},
	{"makespan", "Length of a campaign", "from a campaign's start until its operator sees the last recovery"},
	{"covered", "Shards covered", "share of its shards that a campaign saw through"},
	{"accepted_calls", "Accepted calls of a campaign", "TestFailover calls that were accepted"},
	{"refused_calls", "Refused calls of a campaign", "TestFailover calls that were refused"},
}

// wordsOf names a metric; one that has no words here by itself.
func wordsOf(metric string) metricWords {
	for _, w := range inWords {
		if w.name == metric {
			return w
		}
	}
	return metricWords{metric, metric, ""}
}
