package control

import "time"

// Hurry changes how often streams look, and when they say that they live.
func (s *Server) Hurry(tick, quiet time.Duration) { s.tick, s.quiet = tick, quiet }

// OpenStreams counts them.
func (s *Server) OpenStreams() int { return len(s.streams) }
