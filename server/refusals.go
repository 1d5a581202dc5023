package server

import (
	"errors"
	"fmt"
	"net/http"

	"failsim/query"
	"failsim/sigv4"
	"failsim/sim"
)

// refuse is a refusal with a code of the service model, and its status there.
func refuse(code, format string, args ...any) *query.Error {
	return &query.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: statusOf(code), Sender: true}
}

// statusOf is the HTTP status of an error code in the service model; what it does not list is a bad request.
func statusOf(code string) int {
	switch code {
	case "ReplicationGroupNotFoundFault", "NodeGroupNotFoundFault", "CacheClusterNotFound":
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}

// noGroup and noCluster refuse ids in the service's words.
func noGroup(id string) *query.Error {
	return refuse("ReplicationGroupNotFoundFault", "ReplicationGroup %s not found", id)
}

func noCluster(id string) *query.Error {
	return refuse("CacheClusterNotFound", "CacheCluster not found: %s", id)
}

// perform makes a call that changes the fleet, and shows the World where it is accepted.
func (s *Server) perform(c *sim.CallConfig, see func(*sim.World)) error {
	if violation := s.fleet.Call(*c, see); violation != sim.NoViolation {
		return s.refusal(c, violation)
	}
	return nil
}

// refusal is how a call is refused that breaks a rule: the scenario's error code for it, and the service's text where one is on record;
// for TestFailover none is.
func (s *Server) refusal(c *sim.CallConfig, v sim.Violation) error {
	if text := recordedText(c, v); text != "" {
		return refuse(s.cfg.Refusals[v], "%s", text)
	}
	subject := "replication group " + c.Group
	switch c.Action {
	case sim.ActionTestFailover:
		subject = "node group " + c.NodeGroup + " of " + subject
	case sim.ActionReboot:
		subject = "cache cluster " + c.Node
	}
	return refuse(s.cfg.Refusals[v], "%s: %s", subject, v)
}

// recordedText is what the service was seen to say; "" where nobody has written it down.
func recordedText(c *sim.CallConfig, v sim.Violation) string {
	switch v {
	case sim.GroupNotFound:
		return noGroup(c.Group).Message
	case sim.NodeNotFound:
		return noCluster(c.Node + c.Modify.Primary).Message
	case sim.GroupNotAvailable:
		if c.Action == sim.ActionModify {
			return "Replication group must be in available state to modify."
		}
	case sim.PromotionWithFailover:
		return "Cannot manually promote a new master cache cluster while autofailover is enabled"
	case sim.FailoverMandatory:
		return "Turning off automatic failover for replication group with cluster mode enabled is not supported."
	case sim.ReplicaMissing:
		return "Replication group must have at least one read replica to enable autofailover."
	}
	return ""
}

// asError gives any error the form in which it is answered.
func asError(err error) *query.Error {
	if e, ok := errors.AsType[*query.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*sigv4.Error](err); ok {
		return &query.Error{Code: e.Code, Message: e.Message, Status: e.Status, Sender: true}
	}
	return &query.Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
}
