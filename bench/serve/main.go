// Command serve measures how many signed calls of DescribeReplicationGroups a second `failsim serve` answers on loopback, clients and
// server on the same machine:
//
//	go run ./bench/serve
//
// The fleet has 100 groups of 10 node groups of 3 nodes. An operator of the scenario's fails them over while the clients ask, at 60 times
// the speed of the wall clock, so that what is asked about changes. Every call is signed for itself and its answer read to the end.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const scenario = `
horizon = "720h"
[quota]
limit = 100000
[[replication_group]]
id = "load"
count = 100
node_groups = 10
replicas = 2
[[campaign]]
at = "0s"
order = "round-robin"
parallel_groups = 100
rounds = 100
`

const (
	keyID  = "AKIDLOAD"
	secret = "load"
)

// test says how the load is made.
type test struct {
	connections int
	group       string
	warmUp      time.Duration
	length      time.Duration
	extra       string
}

func main() {
	var t test
	flag.IntVar(&t.connections, "connections", 16, "clients, each with a connection of its own")
	flag.StringVar(&t.group, "group", "load-42", "the group that all ask about")
	flag.DurationVar(&t.warmUp, "warm-up", 2*time.Second, "how long calls are made before they count")
	flag.DurationVar(&t.length, "length", 10*time.Second, "how long calls count")
	flag.StringVar(&t.extra, "flags", "--speed 60", "further flags of failsim serve")
	flag.Parse()
	if err := t.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/serve:", err)
		os.Exit(1)
	}
}

// run builds and starts the server, and makes the load.
func (t *test) run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "bench-serve")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	failsim := filepath.Join(dir, "failsim")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", failsim, "failsim/cmd/failsim").CombinedOutput(); err != nil {
		return fmt.Errorf("building failsim: %w\n%s", err, out)
	}
	files := map[string]string{
		"load.toml":   scenario,
		"credentials": "[load]\naws_access_key_id = " + keyID + "\naws_secret_access_key = " + secret + "\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	args := []string{"serve", filepath.Join(dir, "load.toml"), "--credentials", filepath.Join(dir, "credentials"), "--listen", "127.0.0.1:0",
		"--control", "127.0.0.1:0", "--operator"}
	server := exec.CommandContext(ctx, failsim, append(args, strings.Fields(t.extra)...)...)
	endpoint, err := start(server)
	if err != nil {
		return err
	}
	calls := t.measure(ctx, endpoint)
	if err := stop(server); err != nil {
		return fmt.Errorf("the server: %w", err)
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return err
	}
	used := func(total time.Duration) time.Duration {
		return (total / time.Duration(max(1, calls))).Round(time.Microsecond)
	}
	fmt.Printf("time on a core, a call: server %v, clients %v\n", used(server.ProcessState.UserTime()+server.ProcessState.SystemTime()),
		used(time.Duration(own.Utime.Nano()+own.Stime.Nano())))
	return nil
}

var apiLine = regexp.MustCompile(`ElastiCache API of us-east-1 at http://([0-9.:]+), signatures are verified`)

// start waits until the server says where it listens.
func start(server *exec.Cmd) (address string, err error) {
	stderr, err := server.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := server.Start(); err != nil {
		return "", err
	}
	said := bufio.NewScanner(stderr)
	for said.Scan() {
		if m := apiLine.FindStringSubmatch(said.Text()); m != nil {
			go func() {
				for said.Scan() { // so that it never waits to be read
				}
			}()
			return m[1], nil
		}
	}
	return "", fmt.Errorf("the server does not listen: %w", server.Wait())
}

func stop(server *exec.Cmd) error {
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return server.Wait()
}

// measure makes the load and prints what came of it; it returns how many calls were made, those of the warm-up included.
func (t *test) measure(ctx context.Context, address string) (calls int) {
	begin := time.Now().Add(t.warmUp)
	end := begin.Add(t.length)
	clients := make([]client, t.connections)
	var all sync.WaitGroup
	for i := range clients {
		clients[i] = client{address: address, group: t.group, begin: begin}
		all.Go(func() { clients[i].work(ctx, end) })
	}
	all.Wait()
	var times []time.Duration
	failures, bytes := map[string]int{}, 0
	for i := range clients {
		times = append(times, clients[i].times...)
		calls += clients[i].calls
		bytes = max(bytes, clients[i].bytes)
		if err := clients[i].err; err != nil {
			failures[err.Error()]++
		}
	}
	slices.Sort(times)
	at := func(p float64) time.Duration {
		if len(times) == 0 {
			return 0
		}
		return times[int(p*float64(len(times)-1))].Round(10 * time.Microsecond)
	}
	fmt.Printf("%s, %s/%s, %d cores; %d connections, answers of %d bytes\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		t.connections, bytes)
	fmt.Printf("%.0f calls/s, p50 %v, p99 %v, longest %v, %d clients failed\n", float64(len(times))/t.length.Seconds(), at(0.5), at(0.99), at(1), len(failures))
	for failure, n := range failures {
		fmt.Printf("%d times: %s\n", n, failure)
	}
	return calls
}
