// Command election times failovers of real clusters: it starts them on loopback ports, strikes their primaries, and writes
// what it saw as CSV.
//
// Instants come from the monotonic clock, from just before the blow to the reply that first showed the change, so each is
// late by at most the polling pause of 10 ms and the node's answer.
//
//	go run . -case crash -replicas 1 -timeout 15s -rounds 60 -clusters 3 >> crash.csv
package main

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// columns of the CSV; instants are whole microseconds since the blow, empty where nothing was seen.
const columns = "case,engine,shards,replicas,timeout_ms,cluster,pfail_us,fail_us,promoted_us,write_us,stops_us,thawed_us,delay_ms,rank,tries"

type options struct {
	shape
	name     string
	rounds   int
	clusters int
	header   bool
	check    bool
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "election:", err)
		os.Exit(2)
	}
	if err := collect(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "election:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("election", flag.ExitOnError)
	f.StringVar(&o.engine, "engine", "redis-server", "the server's `program`: redis-server or valkey-server")
	f.StringVar(&o.name, "case", "crash", "what happens: "+strings.Join(slices.Sorted(maps.Keys(cases())), ", "))
	f.IntVar(&o.shards, "shards", 3, "shards")
	f.IntVar(&o.replicas, "replicas", 1, "replicas per shard")
	f.DurationVar(&o.timeout, "timeout", 15*time.Second, "cluster-node-timeout")
	f.IntVar(&o.rounds, "rounds", 60, "blows in all")
	f.IntVar(&o.clusters, "clusters", 1, "clusters that run side by side")
	f.IntVar(&o.ports, "ports", 20000, "the first `port` to use, of some thousand; runs side by side want their own")
	f.BoolVar(&o.header, "header", false, "write the line of column names first")
	f.BoolVar(&o.check, "check", false, "fail where a row is not what the engine's source allows")
	_ = f.Parse(args) // it exits
	b, known := cases()[o.name]
	switch {
	case !known:
		return o, fmt.Errorf("-case %s: have %s", o.name, strings.Join(slices.Sorted(maps.Keys(cases())), ", "))
	case o.shards < 3 || o.shards > 50:
		return o, fmt.Errorf("-shards %d: 3 to 50 are allowed, for fewer cannot elect", o.shards)
	case o.replicas < 1 || o.replicas > 5:
		return o, fmt.Errorf("-replicas %d: 1 to 5 are allowed", o.replicas)
	case o.timeout < 500*time.Millisecond:
		return o, fmt.Errorf("-timeout %v: 500ms or more is allowed", o.timeout)
	case o.rounds < 1 || o.clusters < 1 || o.clusters > o.rounds:
		return o, fmt.Errorf("-rounds %d -clusters %d: 1 cluster or more, and a round or more for each", o.rounds, o.clusters)
	case b.lost == (o.shards-b.victims >= o.shards/2+1):
		return o, fmt.Errorf("-case %s with -shards %d: %d primaries lose the majority: %v, the case wants %v",
			o.name, o.shards, b.victims, !b.lost, b.lost)
	}
	return o, nil
}

var versionText = regexp.MustCompile(`v=(\S+)`)

// version returns the engine's name and version, as `redis-7.0.15`.
func version(engine string) (string, error) {
	out, err := exec.Command(engine, "--version").Output()
	if err != nil {
		return "", err
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return "", fmt.Errorf("%s --version: no v= in %q", engine, out)
	}
	name, _, _ := strings.Cut(filepath.Base(engine), "-")
	return name + "-" + string(m[1]), nil
}

// collect plays the rounds on all clusters side by side and writes each row as it comes.
func collect(o options, out io.Writer) error {
	v, err := version(o.engine)
	if err != nil {
		return err
	}
	if o.header {
		fmt.Fprintln(out, columns)
	}
	dir, err := os.MkdirTemp("", "election-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var wg sync.WaitGroup
	var mu sync.Mutex
	errs := make([]error, o.clusters)
	for i := range o.clusters {
		wg.Go(func() {
			rounds := o.rounds/o.clusters + btoi(i < o.rounds%o.clusters)
			errs[i] = o.play(filepath.Join(dir, fmt.Sprint(i)), rounds, func(r row) {
				mu.Lock()
				defer mu.Unlock()
				fmt.Fprintf(out, "%s,%s,%d,%d,%d,%d,%s\n", o.name, v, o.shards, o.replicas, o.timeout.Milliseconds(), i, r)
			})
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// play runs one cluster. Between blows it waits until all is whole and then for a random time, so that every blow meets the
// pings at another phase and no trace of the last one is left.
func (o options) play(dir string, rounds int, emit func(row)) error {
	c, err := newCluster(o.shape, dir)
	defer c.close()
	if err != nil {
		return err
	}
	for blow := range rounds {
		time.Sleep(time.Second + o.timeout/2 + rand.N(o.timeout/2+time.Second))
		rows, err := c.episode(cases()[o.name])
		if err != nil {
			return err
		}
		for i, r := range rows {
			emit(r)
			if err := r.check(o); o.check && err != nil {
				return fmt.Errorf("blow %d, victim %d: %w", blow+1, i+1, err)
			}
		}
	}
	return nil
}

func (r row) String() string {
	var f []string
	for _, d := range []time.Duration{r.pfail, r.fail, r.promoted, r.write, r.stops, r.thawed} {
		f = append(f, known(d >= 0, d.Microseconds()))
	}
	return strings.Join(append(f, known(r.delay >= 0, r.delay.Milliseconds()), known(r.rank >= 0, int64(r.rank)), known(r.tries > 0, int64(r.tries))), ",")
}

func known(is bool, n int64) string {
	if !is {
		return ""
	}
	return fmt.Sprint(n)
}
