package server

import (
	"strings"

	"failsim/sim"
)

// account is the number of the account to which the fleet belongs.
const account = "123456789012"

// The kinds of resources that have ARNs here.
const (
	kindGroup   = "replicationgroup"
	kindCluster = "cluster"
)

// arn names a resource. Partitions follow from the Region, as in AWS's documentation of ARNs.
func arn(region, kind, id string) string {
	return "arn:" + partition(region) + ":elasticache:" + region + ":" + account + ":" + kind + ":" + id
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

type tag struct {
	Key   string `xml:"Key"`
	Value string `xml:"Value"`
}

type tagsResult struct {
	Tags []tag `xml:"TagList>Tag"`
}

// listTags answers that there are no tags: the simulation has none.
func (s *Server) listTags(q *call) (any, error) {
	name := q.Required("ResourceName")
	if err := q.err(); err != nil {
		return nil, err
	}
	kind, id, ok := s.splitARN(name)
	if !ok {
		return nil, refuse("InvalidARN", "%s is not the ARN of a replication group or cluster of this account and Region, such as %s", name,
			arn(s.cfg.Region, kindGroup, "my-group"))
	}
	p, found := s.nodeByID[id]
	if kind == kindGroup {
		p.group, found = s.groupByID[id]
	}
	switch {
	case !found && kind == kindCluster:
		return nil, noCluster(id)
	case !found:
		return nil, noGroup(id)
	}
	if _, ok := s.trouble.strikes(troubleTags, q.luck); ok && !s.atRest(kind, p) {
		return nil, refuse("InvalidReplicationGroupState", "Cluster not in available state to perform tagging operations.")
	}
	return tagsResult{}, nil
}

// atRest tells whether the group, or the cluster and its group, is shown as available, and no node of the group is being replaced,
// whatever is shown meanwhile.
func (s *Server) atRest(kind string, p place) (is bool) {
	s.fleet.View(func(w *sim.World) {
		is = w.ShownStatus(p.group) == sim.StatusAvailable && !w.Replacing(p.group) &&
			(kind == kindGroup || clusterStatus(s.cfg, w, p) == sim.StatusAvailable.String())
	})
	return is
}

// splitARN takes an ARN of this account and Region apart.
func (s *Server) splitARN(name string) (kind, id string, ok bool) {
	for _, kind := range []string{kindGroup, kindCluster} {
		if id, ok := strings.CutPrefix(name, arn(s.cfg.Region, kind, "")); ok && id != "" {
			return kind, strings.ToLower(id), true
		}
	}
	return "", "", false
}

type identityResult struct {
	Arn     string
	UserID  string `xml:"UserId"`
	Account string
}

// callerIdentity answers sts:GetCallerIdentity, which tools call first.
func (s *Server) callerIdentity(*call) (any, error) {
	return identityResult{"arn:" + partition(s.cfg.Region) + ":iam::" + account + ":user/failsim", "AIDAFAILSIM000000000", account}, nil
}
