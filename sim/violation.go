package sim

// Violation is a rule of the API that a call breaks; NoViolation for an accepted call. Config.Refusals has the label
// that answers each.
type Violation uint8

// The violations, in the order in which a call is checked.
const (
	NoViolation Violation = iota
	InvalidGroupID
	InvalidNodeGroupID
	GroupNotFound
	NodeGroupNotFound
	APIBlocked
	AutomaticFailoverOff
	MultiAZOff
	KMSKeyInvalid
	ReplacementRunning
	GroupNotAvailable
	NodeNotAvailable
	NoHealthyReplica
	QuotaSpent

	// Of RebootCacheCluster and ModifyReplicationGroup alone, besides those above.
	NodeNotFound
	RebootWithClusterMode
	NothingToModify
	FailoverMandatory
	ReplicaMissing
	MultiAZNeedsFailover
	PromotionWithClusterMode
	NotAMember
	PromotionWithFailover
	NumViolations
)

// String says what was wrong, for timelines and messages.
func (v Violation) String() string {
	return [...]string{
		"accepted",
		"the replication group id is malformed",
		"the node group id is not one to four digits",
		"no such replication group",
		"no such node group",
		"the service blocks the API",
		"automatic failover is off",
		"Multi-AZ is off",
		"the KMS key is invalid",
		"a node replacement is still running in the group",
		"the group is not available",
		"a node of the node group is not available",
		"the node group has no healthy replica",
		"the quota of the rolling window is spent",
		"no such cache cluster",
		"a node of a group with cluster mode enabled cannot be rebooted",
		"no modifications were requested",
		"automatic failover cannot be turned off with cluster mode enabled",
		"a node group has no replica",
		"Multi-AZ needs automatic failover",
		"no primary can be chosen by hand with cluster mode enabled",
		"the node to promote is not a member of the group",
		"no primary can be chosen by hand while automatic failover is on",
	}[v]
}
