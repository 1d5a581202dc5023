// Package server is ElastiCache's API over a Fleet: the same wire, the same refusals, the same events in the same order, in virtual time.
//
// The stance: what the service's model and its recorded answers say is kept to the letter; what the simulation has no notion of is left out,
// shown as off or refused, never made up. Where no answer is on record (texts of refusals, which of two applies) the choice is failsim's own, and
// docs/serve.md says so.
//
// The flow: query.Read gives the call, its signature is verified, an operation (group.go, cluster.go, events.go, tags.go) looks at the
// Fleet or changes it (fleet.go, clock.go, pace.go), and query writes what it answers. trouble.go holds the awkward truths, off unless asked
// for.
package server

import (
	"net/http"
	"time"

	"failsim/query"
	"failsim/sigv4"
	"failsim/sim"
)

// service is one of those on the port: its name in signatures, and its answers' namespace.
type service struct{ name, namespace string }

// The services, by the version that their calls carry.
const (
	cacheVersion = "2015-02-02"
	stsVersion   = "2011-06-15"
)

func cacheService() service {
	return service{"elasticache", "http://elasticache.amazonaws.com/doc/2015-02-02/"}
}

func stsService() service { return service{"sts", "https://sts.amazonaws.com/doc/2011-06-15/"} }

// Server answers the calls of clients. It is an http.Handler.
type Server struct {
	fleet    *Fleet
	cfg      *sim.Config
	verifier *sigv4.Verifier // nil: any signature is taken
	trouble  troubleMaker

	groupByID map[string]int
	nodeByID  map[string]place
	places    []place // of all nodes, in the configuration's order

	groupViews []groupView // guarded by the Fleet, as the World is
}

// Settings are how a server treats its clients. Request ids, and what trouble strikes, derive from the seed of the fleet. Without a verifier any
// signature is taken.
type Settings struct {
	Verifier *sigv4.Verifier
	Troubles []Trouble
}

// New returns the server of a fleet.
func New(fleet *Fleet, settings Settings) *Server {
	s := &Server{fleet: fleet, cfg: fleet.Config(), verifier: settings.Verifier,
		trouble: newTroubleMaker(settings.Troubles), groupByID: map[string]int{}, nodeByID: map[string]place{}}
	s.groupViews = make([]groupView, len(s.cfg.Groups))
	for g := range s.cfg.Groups {
		group := &s.cfg.Groups[g]
		s.groupByID[group.ID] = g
		for ng := range group.NodeGroups {
			for n := range group.NodeGroups[ng].Nodes {
				p := place{g, ng, n}
				s.nodeByID[group.NodeGroups[ng].Nodes[n].ID] = p
				s.places = append(s.places, p)
			}
		}
	}
	return s
}

// NoCall signs the answer to what is no call at all, as query.RefuseAsXML wants it. It does not count as one, so that it shifts no
// request id and no trouble of the calls after it.
func (s *Server) NoCall() query.Answer {
	return query.Answer{Namespace: cacheService().namespace, RequestID: query.RequestID(s.fleet.Seed(), 0)}
}

// call is one call that is being answered.
type call struct {
	*query.Request
	luck luck
}

// err is the first mistake of the call: in a parameter, or one that there is no such parameter. It is asked for when all parameters
// have been read.
func (c *call) err() error {
	if err := c.Err(); err != nil {
		return err
	}
	if unknown := c.Unknown(); len(unknown) > 0 {
		return refuse("InvalidParameterValue", "failsim simulates no parameter %s of %s", unknown[0], c.Action)
	}
	return nil
}

// operation answers one action. The result is encoded as XML.
type operation struct {
	do      func(s *Server, c *call) (any, error)
	changes bool
}

// find gives the operation of a call, and the service that has it.
func find(action, version string) (op operation, of service) {
	switch version {
	case stsVersion:
		if action == "GetCallerIdentity" {
			op.do = (*Server).callerIdentity
		}
		return op, stsService()
	case cacheVersion:
		return cacheOperation(action), cacheService()
	}
	return op, cacheService()
}

func cacheOperation(action string) operation {
	switch action {
	case "TestFailover":
		return operation{(*Server).testFailover, true}
	case "RebootCacheCluster":
		return operation{(*Server).rebootCacheCluster, true}
	case "ModifyReplicationGroup":
		return operation{(*Server).modifyReplicationGroup, true}
	case "DescribeReplicationGroups":
		return operation{do: (*Server).describeReplicationGroups}
	case "DescribeCacheClusters":
		return operation{do: (*Server).describeCacheClusters}
	case "DescribeEvents":
		return operation{do: (*Server).describeEvents}
	case "ListTagsForResource":
		return operation{do: (*Server).listTags}
	}
	return operation{}
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := query.Answer{Namespace: cacheService().namespace}
	result, err := s.answer(w, r, &answer)
	if err != nil {
		query.WriteError(w, answer, asError(err))
		return
	}
	_ = query.WriteResult(w, answer, result) // a result without an XML form was answered as a failure
}

// answer reads the call, verifies who signed it and does it.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, answer *query.Answer) (any, error) {
	luck := s.fleet.nextCall()
	answer.RequestID = query.RequestID(luck.seed, luck.number)
	if s.verifier == nil {
		if err := checkLocal(r); err != nil {
			return nil, err
		}
	}
	q, err := query.Read(w, r)
	if err != nil {
		return nil, err
	}
	op, of := find(q.Action, q.Version)
	answer.Action, answer.Namespace = q.Action, of.namespace
	if s.verifier != nil {
		if _, err := s.verifier.Verify(r, q.Body, of.name, time.Now()); err != nil {
			return nil, err
		}
	}
	if op.do == nil {
		return nil, refuse("InvalidAction", "Could not find operation %s for version %s", q.Action, q.Version)
	}
	if err := s.before(r, luck); err != nil {
		return nil, err
	}
	result, err := op.do(s, &call{q, luck})
	s.mayDrop(luck)
	if err == nil && op.changes {
		err = s.mayFail(luck)
	}
	return result, err
}
