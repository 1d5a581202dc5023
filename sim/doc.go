// Package sim plays one trial of a configuration: replication groups, the TestFailover calls made on them, and what their
// clients cannot do meanwhile. It is pure: Run(cfg, seed, trial) is a function, and nothing calls out of it.
//
// # The flow
//
// A World holds the state of a trial as plain data. NewWorld lays a Config out, Reset puts the World at virtual zero of a
// trial, Step takes the next event off the Clock and does what it does (World.happen: one function for each kind), and
// Outcome tells what is left:
//
//	call -> accept -> cut-off -\
//	                            promotion -> announcement -> recovery: start, replacement up, sync -> finished
//	fault -> loss -> detection -/         \-> endpoint moved -> resolvers followed   (cluster mode disabled)
//
// failover.go is that line up to the promotion, recovery.go the replacement of whatever node was lost, sync.go the copying of
// data; detection.go has who notices and who promotes: the engine's own election (election.go) or the control plane.
// faults.go is what strikes at known times (partition.go: what puts nodes out of reach), failures.go what strikes by chance,
// planned.go what customer and service plan, and stall.go what makes replicas trail. rules.go and quota.go decide whether a
// call is accepted; replication.go decides which replica is promoted and what is lost; outage.go turns every change of a node
// group into windows; campaign.go is the operator who makes the calls.
//
// # Invariants
//
// Check states them. A node group has one primary; a node serves with its data or not at all; every dead node is being
// replaced; what waits has something to wait for; a failover is over or its node group's; a window is open exactly while its
// access is impossible; a refused call changes nothing. A broken invariant panics with the instant, the seed and the trial.
//
// # Units
//
// Instants are Time, nanoseconds since virtual zero; spans are time.Duration. Entities name each other by their index in a
// slab of World; an index is never reused.
package sim
