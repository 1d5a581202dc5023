package control_test

import (
	"fmt"
	"testing"
	"time"

	"failsim/control"
	"failsim/scenario"
	"failsim/server"
	"failsim/sim"
)

// failing is a fleet of 100 shards whose nodes fail so often that a day brings some 1,000 outage windows.
const failing = `
horizon = "1d"
[[replication_group]]
id = "failing"
count = 10
node_groups = 10
replicas = 2
[[failure]]
kind = "node"
every = "exponential(1d)"
`

// BenchmarkLook is a quarter of a second of all pages that are open, after so many windows: each looks once.
func BenchmarkLook(b *testing.B) {
	sc, err := scenario.Parse("failing.toml", []byte(failing), nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, windows := range []int{1_000, 10_000, 100_000} {
		wall := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		wallClock := func() time.Time { return wall }
		fleet := server.NewFleet(&sc.Config, 1, server.Clock{Speed: 1, Wall: wallClock})
		for count := 0; count < windows; fleet.View(func(w *sim.World) { count = len(w.AppendOutages(nil)) }) {
			fleet.Advance(24 * time.Hour)
		}
		for _, pages := range []int{1, 16} {
			b.Run(fmt.Sprintf("windows=%d/pages=%d", windows, pages), func(b *testing.B) {
				s := control.New(fleet, token)
				looks := make([]func() ([]byte, error), pages)
				for i := range looks {
					looks[i] = s.Watch(wallClock)
				}
				b.ReportAllocs()
				for b.Loop() {
					wall = wall.Add(250 * time.Millisecond)
					for _, look := range looks {
						if _, err := look(); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
