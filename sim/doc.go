// Package sim plays one trial of a configuration: replication groups, the TestFailover calls made on them, and what their
// clients cannot do meanwhile. It is pure: Run(cfg, seed, trial) is a function, and nothing calls out of it.
//
// # The flow
//
// A World holds the state of a trial as plain data. NewWorld lays a Config out, Reset puts the World at virtual zero of a
// trial, Step takes the next event off the Clock and does what it does (World.happen: one function for each kind), and
// Outcome tells what is left:
//
//	call -> accept -> cut-off -> promotion -> announcement -> recovery: start, replacement up, sync -> finished
//	                                      \-> endpoint moved -> resolvers followed   (cluster mode disabled)
//
// failover.go is that line in order; rules.go and quota.go decide whether a call is accepted; replication.go decides which
// replica is promoted and what is lost; outage.go turns every change of a node group into windows; campaign.go is the
// operator who makes the calls.
//
// # Invariants
//
// Check states them. A group replaces one node at a time; a node group has one primary; a window is open exactly while its
// access is impossible; a refused call changes nothing. A broken invariant panics with the instant, the seed and the trial.
//
// # Units
//
// Instants are Time, nanoseconds since virtual zero; spans are time.Duration. Entities name each other by their index in a
// slab of World; an index is never reused.
package sim
