package control

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"failsim/scenario"
	"failsim/sim"
)

// struck is a fault that was added.
type struck struct {
	Kind string  `json:"kind"`
	At   instant `json:"at"`
	Date date    `json:"date"`
	// Duration is how long it lasts; 0 for kinds that do not.
	Duration span `json:"duration"`
}

// strike adds a fault, or planned work, as a scenario has it under [[fault]]. Without an `at` it strikes at once.
func (s *Server) strike(r *http.Request) (any, error) {
	text, err := readText(r)
	if err != nil {
		return nil, err
	}
	var cfg *sim.Config
	s.fleet.View(func(w *sim.World) { cfg = w.Config() })
	fault, err := scenario.ReadFault(cfg, text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", oneLine(err))
	}
	added, err := s.fleet.Inject(fault)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s: %s", fault.Kind, oneLine(err))
	}
	return struck{added.Kind.String(), instant(added.At), date{cfg.Start, added.At}, span(added.Duration)}, nil
}

// oneLine writes several mistakes behind one another.
func oneLine(err error) string { return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ") }

// accepted is a call of TestFailover that was accepted.
type accepted struct {
	Group     string  `json:"group"`
	NodeGroup string  `json:"node_group"`
	At        instant `json:"at"`
	Date      date    `json:"date"`
	QuotaLeft int     `json:"quota_left"`
}

// testFailover makes the call that the service's API has, without its wire.
func (s *Server) testFailover(r *http.Request) (any, error) {
	const want = `{"group": "carts", "node_group": "0001"}`
	var body struct {
		Group     string `json:"group"`
		NodeGroup string `json:"node_group"`
	}
	if err := readBody(r, &body, want, false); err != nil {
		return nil, err
	}
	if body.Group == "" || body.NodeGroup == "" {
		return nil, refuse(http.StatusBadRequest, "body: group and node_group are both needed: %s", want)
	}
	done := accepted{Group: body.Group, NodeGroup: body.NodeGroup}
	violation := s.fleet.Call(sim.CallConfig{Group: body.Group, NodeGroup: body.NodeGroup}, func(w *sim.World) {
		done.At, done.Date, done.QuotaLeft = instant(w.Now()), dateOf(w, w.Now()), w.QuotaState().Left
	})
	if violation != sim.NoViolation {
		return nil, &refusal{http.StatusConflict, "TestFailover of " + body.Group + "/" + body.NodeGroup + ": " + violation.String(), s.fleet.Config().Refusals[violation]}
	}
	return done, nil
}

// reset puts the fleet back to virtual zero.
func (s *Server) reset(r *http.Request) (any, error) {
	var body struct {
		Seed *seed `json:"seed"`
	}
	if err := readBody(r, &body, `nothing, or {"seed": 7}: a whole number from 0 to 18446744073709551615, also as a text`, true); err != nil {
		return nil, err
	}
	chosen := s.fleet.Seed()
	if body.Seed != nil {
		chosen = uint64(*body.Seed)
	}
	if err := s.fleet.CheckSeed(chosen); err != nil {
		return nil, refuse(http.StatusBadRequest, "seed: %v", err)
	}
	s.fleet.Reset(chosen)
	return struct {
		Seed  uint64 `json:"seed"`
		Clock clock  `json:"clock"`
	}{chosen, s.clock(s.fleet.Clock())}, nil
}

// seed is a whole number, also as a text: a script of a page cannot tell large numbers apart.
type seed uint64

// UnmarshalJSON reads either.
func (s *seed) UnmarshalJSON(text []byte) error {
	digits := string(text)
	if word, isText := strings.CutPrefix(digits, `"`); isText {
		digits = strings.TrimSuffix(word, `"`)
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("seed: is %s", text)
	}
	*s = seed(n)
	return nil
}
