package sim

import "strings"

// lookup finds the node group that a call names; the violation is what the ids alone break, and the node group is then -1.
func (t *topology) lookup(groupID, nodeGroupID string) (int32, Violation) {
	_, violation := t.lookupGroup(groupID)
	switch {
	case violation == InvalidGroupID:
		return -1, violation
	case !validNodeGroupID(nodeGroupID):
		return -1, InvalidNodeGroupID
	case violation != NoViolation:
		return -1, violation
	}
	nodeGroup, ok := t.nodeGroupByID[strings.ToLower(groupID)+"/"+nodeGroupID]
	if !ok {
		return -1, NodeGroupNotFound
	}
	return nodeGroup, NoViolation
}

// lookupGroup finds the group that a call names.
func (t *topology) lookupGroup(groupID string) (int32, Violation) {
	groupID = strings.ToLower(groupID)
	if !validGroupID(groupID) {
		return -1, InvalidGroupID
	}
	group, ok := t.groupByID[groupID]
	if !ok {
		return -1, GroupNotFound
	}
	return group, NoViolation
}

// violation is the first rule of TestFailover that a call on an existing node group would break now; one whose label is
// "" is let through.
func (w *World) violation(ng int32) Violation {
	for v := APIBlocked; v <= QuotaSpent; v++ {
		if w.breaks(v, ng) && w.top.cfg.Refusals[v] != "" {
			return v
		}
	}
	return NoViolation
}

func (w *World) breaks(v Violation, ng int32) bool {
	group := &w.groups[w.nodeGroups[ng].group]
	cfg := w.top.nodeGroups[ng].group
	switch v {
	case APIBlocked:
		return w.blocks > 0
	case AutomaticFailoverOff:
		return !group.automaticFailover
	case MultiAZOff:
		return !group.multiAZ
	case KMSKeyInvalid:
		return cfg.KMSKeyInvalid
	case ReplacementRunning:
		return group.replacing > 0
	case GroupNotAvailable:
		return group.status != StatusAvailable
	case NodeNotAvailable:
		return !w.allAvailable(ng)
	case NoHealthyReplica:
		return w.healthyReplicas(ng) == 0
	case QuotaSpent:
		return !w.quota.hasRoom(w.clock.Now(), ng)
	}
	panic("sim: no rule for " + v.String())
}

func (w *World) allAvailable(ng int32) bool {
	members := w.nodeGroups[ng].members
	for n := members.first; n < members.end(); n++ {
		if w.nodes[n].status != StatusAvailable {
			return false
		}
	}
	return true
}
