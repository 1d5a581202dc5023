package sim

// Violation is a rule of TestFailover that a call breaks; NoViolation for an accepted call. Config.Refusals has the label
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
	}[v]
}
