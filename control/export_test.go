package control

import "time"

// Hurry changes how often streams look, and when they say that they live.
func (s *Server) Hurry(tick, quiet time.Duration) { s.tick, s.quiet = tick, quiet }

// OpenStreams counts them.
func (s *Server) OpenStreams() int { return len(s.streams) }

// Watch returns what a stream does at each tick: it gives the text that it sends, empty where there is no news. All streams have that wall
// clock from then on.
func (s *Server) Watch(wallClock func() time.Time) (look func() ([]byte, error)) {
	s.wallClock = wallClock
	return s.newViewer("").news
}
