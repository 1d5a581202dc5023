package server_test

import (
	"testing"
	"time"

	"failsim/server"
	"failsim/sim"
)

// TestWhoStrikesWaitsForElectionsAlone: while the elections of the group that loses a node are played, clients are answered.
func TestWhoStrikesWaitsForElectionsAlone(t *testing.T) {
	s := serve(t, zoo, 60, server.Settings{})
	begun, goOn, struck := make(chan bool), make(chan bool), make(chan error)
	s.fleet.PlayElectionsBy(func(of sim.Electorate) sim.Elections {
		begun <- true
		<-goOn
		return sim.PlayElections(of)
	})
	orders := sim.FaultConfig{At: sim.Immediately, Kind: sim.FaultNode, Target: sim.TargetConfig{Groups: []int{0}, NodeGroup: 0, Node: 0}}
	go func() {
		_, err := s.fleet.Inject(orders)
		struck <- err
	}()
	<-begun
	s.call("TestFailover", "ReplicationGroupId", "carts", "NodeGroupId", "0001").fine()
	s.call("DescribeEvents").fine()
	s.fleet.Advance(time.Minute)
	close(goOn)
	if err := <-struck; err != nil {
		t.Fatal(err)
	}
	s.fleet.PlayElectionsBy(nil) // they are known from now on: to a second fault, after a reset, and to whoever sees the past
	if _, err := s.fleet.Inject(orders); err != nil {
		t.Fatal(err)
	}
	s.fleet.PollEarlier(time.Second, func(*sim.World) {})
	s.fleet.Reset(1)
	if _, err := s.fleet.Inject(orders); err != nil {
		t.Fatal(err)
	}
}

// TestElectionsArePreparedOnce, whatever strikes afterwards, and a fault that takes no node needs none.
func TestElectionsArePreparedOnce(t *testing.T) {
	s := still(t, zoo)
	played := 0
	s.fleet.PlayElectionsBy(func(of sim.Electorate) sim.Elections {
		played++
		return sim.PlayElections(of)
	})
	lag := sim.FaultConfig{At: sim.Immediately, Kind: sim.FaultLagSpike, Duration: time.Hour, Lag: time.Second,
		Target: sim.TargetConfig{Groups: []int{0}, NodeGroup: -1, Node: -1}}
	if _, err := s.fleet.Inject(lag); err != nil || played != 0 {
		t.Errorf("%d played for a lag spike, %v", played, err)
	}
	s.fleet.Prepare(t.Context())
	zone := sim.FaultConfig{At: sim.Immediately, Kind: sim.FaultZone, Duration: time.Hour, Slowdown: sim.Unhurried,
		Target: sim.TargetConfig{Zone: "us-east-1a", NodeGroup: -1, Node: -1}}
	if _, err := s.fleet.Inject(zone); err != nil || played != 1 { // of orders; a group of two shards has its own from the start
		t.Errorf("%d played, %v; want those of orders", played, err)
	}
}
