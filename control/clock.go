package control

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"failsim/dist"
	"failsim/server"
	"failsim/words"
)

// clock is a server.ClockState in JSON.
type clock struct {
	Now      instant `json:"now"`
	Date     date    `json:"date"`
	Speed    speed   `json:"speed"`
	Paused   bool    `json:"paused"`
	Next     instant `json:"next"`
	NextDate date    `json:"next_date"`
}

func (s *Server) clock(state server.ClockState) clock {
	return clock{instant(state.Now), date{state.Start, state.Now}, speed(state.Speed), state.Paused, instant(state.Next), date{state.Start, state.Next}}
}

// speed is a number, or "max".
type speed server.Speed

// MarshalJSON writes the number or the word.
func (s speed) MarshalJSON() ([]byte, error) {
	if server.Speed(s) == server.SpeedMax {
		return []byte(`"max"`), nil
	}
	return []byte(server.Speed(s).String()), nil
}

func (s *Server) getClock(*http.Request) (any, error) { return s.clock(s.fleet.Clock()), nil }

// longestAdvance is how far one request moves the clock: all that happens meanwhile is played before it is answered.
const longestAdvance = 366 * 24 * time.Hour

// advance moves the clock on by a duration, to the next event, or until nothing is going on.
func (s *Server) advance(r *http.Request) (any, error) {
	const want = `{"duration": "90s"}, {"until": "next"} or {"until": "idle"}`
	var body struct {
		Duration *string `json:"duration"`
		Until    *string `json:"until"`
	}
	if err := readBody(r, &body, want, false); err != nil {
		return nil, err
	}
	switch {
	case (body.Duration == nil) == (body.Until == nil):
		return nil, refuse(http.StatusBadRequest, "body: want either duration or until: %s", want)
	case body.Duration != nil:
		d, err := dist.ParseDuration(*body.Duration)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "duration: %v", err)
		}
		if d <= 0 || d > longestAdvance {
			return nil, refuse(http.StatusBadRequest, "duration: %s; want more than 0 and at most %s", words.Quote(*body.Duration), dist.FormatDuration(longestAdvance))
		}
		if left := s.fleet.Left(); d > left {
			return nil, refuse(http.StatusBadRequest, "duration: %s; time ends in %s", words.Quote(*body.Duration), dist.FormatDuration(left))
		}
		return s.clock(s.fleet.Advance(d)), nil
	case *body.Until == "next":
		return s.clock(s.fleet.AdvanceToNext()), nil
	case *body.Until == "idle":
		return s.clock(s.fleet.AdvanceUntilIdle()), nil
	}
	return nil, refuse(http.StatusBadRequest, "until: %s; want next or idle", words.Quote(*body.Until))
}

func (s *Server) pause(r *http.Request) (any, error) {
	if err := readNothing(r); err != nil {
		return nil, err
	}
	return s.clock(s.fleet.Pause()), nil
}

func (s *Server) resume(r *http.Request) (any, error) {
	if err := readNothing(r); err != nil {
		return nil, err
	}
	return s.clock(s.fleet.Resume()), nil
}

func readNothing(r *http.Request) error { return readBody(r, &struct{}{}, "nothing", true) }

func (s *Server) setSpeed(r *http.Request) (any, error) {
	const want = `{"speed": 60} or {"speed": "max"}`
	var body struct {
		Speed json.RawMessage `json:"speed"`
	}
	if err := readBody(r, &body, want, false); err != nil {
		return nil, err
	}
	text := string(body.Speed)
	switch {
	case text == `"max"`:
		text = "max"
	case strings.HasPrefix(text, `"`):
		return nil, refuse(http.StatusBadRequest, "speed: %s; want %s", text, want)
	case text == "":
		return nil, refuse(http.StatusBadRequest, "speed: missing; want %s", want)
	}
	parsed, err := server.ParseSpeed(text)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "speed: %v", err)
	}
	return s.clock(s.fleet.SetSpeed(parsed)), nil
}
