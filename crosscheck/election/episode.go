package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// poll is how often each surviving node is asked while something is expected.
const poll = 10 * time.Millisecond

// unseen is the instant of what did not happen while the harness watched.
const unseen = time.Duration(-1)

// row is what was seen of one victim, as spans since the blow.
type row struct {
	pfail    time.Duration // a surviving node shows the victim as `fail?` (or already as `fail`)
	fail     time.Duration // a surviving node shows the victim as `fail`
	promoted time.Duration // a replica of its shard says that it is a primary
	write    time.Duration // a write to a slot of its shard is accepted
	stops    time.Duration // the surviving primary of a minority refuses a write
	thawed   time.Duration // a frozen primary, continued, is a replica: since it was continued
	delay    time.Duration // of the election that won, as its log says
	rank     int           // of the replica that won, as its log says
	tries    int           // elections that the winner scheduled
}

func newRow() row { return row{unseen, unseen, unseen, unseen, unseen, unseen, unseen, -1, 0} }

// blow is what a case does to its victims.
type blow struct {
	victims int
	signal  syscall.Signal // SIGKILL or SIGSTOP; 0: CLUSTER FAILOVER
	lost    bool           // the majority is lost: nothing is promoted
}

// cases by name: the values of -case.
func cases() map[string]blow {
	return map[string]blow{
		"crash":           {victims: 1, signal: syscall.SIGKILL},
		"frozen":          {victims: 1, signal: syscall.SIGSTOP},
		"manual":          {victims: 1},
		"pair":            {victims: 2, signal: syscall.SIGKILL},
		"minority":        {victims: 2, signal: syscall.SIGKILL, lost: true},
		"minority-frozen": {victims: 2, signal: syscall.SIGSTOP, lost: true},
	}
}

// episode strikes the primaries of random shards, watches what the others do, and puts the cluster together again.
func (c *cluster) episode(b blow) ([]row, error) {
	shards := rand.Perm(c.shards)
	targets, others := shards[:b.victims], shards[b.victims:]
	w := &watch{cluster: c, victims: make([]victim, b.victims)}
	for i, shard := range targets {
		primary, replicas, err := c.primary(shard)
		if err != nil {
			return nil, err
		}
		w.victims[i] = victim{node: primary, replicas: replicas, row: newRow()}
		w.victims[i].markLogs()
	}
	if b.lost {
		survivor, _, err := c.primary(others[0])
		if err != nil {
			return nil, err
		}
		w.survivor = survivor
	}
	if err := w.run(b); err != nil {
		return nil, err
	}
	rows := make([]row, b.victims)
	for i := range w.victims {
		v := &w.victims[i]
		v.readLog()
		if err := c.restore(v, b); err != nil {
			return nil, err
		}
		rows[i] = v.row
	}
	return rows, c.waitWhole()
}

type victim struct {
	*node
	replicas []*node
	logSize  map[*node]int64
	winner   *node
	row      row
}

// watch polls every node that is not a victim, each over a connection of its own.
type watch struct {
	*cluster
	victims  []victim
	survivor *node // the primary whose writes must stop, where a majority is lost

	begin time.Time // of the blow, monotonic
	mu    sync.Mutex
	err   error
}

func (w *watch) run(b blow) error {
	var wg sync.WaitGroup
	deadline := 8*w.timeout + 20*time.Second
	if b.lost {
		deadline = 4*w.timeout + 4*time.Second
	}
	w.begin = time.Now()
	if err := w.strike(b); err != nil {
		return err
	}
	for _, n := range w.nodes {
		if b.signal != 0 && slices.ContainsFunc(w.victims, func(v victim) bool { return v.node == n }) {
			continue
		}
		wg.Go(func() {
			if err := w.follow(n, b, deadline); err != nil {
				w.mu.Lock()
				w.err = errors.Join(w.err, err)
				w.mu.Unlock()
			}
		})
	}
	wg.Wait()
	return w.err
}

func (w *watch) strike(b blow) error {
	if b.signal == 0 {
		_, err := w.victims[0].replicas[0].ctl.do("CLUSTER", "FAILOVER")
		return err
	}
	for i := range w.victims {
		if err := w.victims[i].cmd.Process.Signal(b.signal); err != nil {
			return err
		}
	}
	return nil
}

// follow asks one node again and again, at ease as long as nothing can have timed out.
func (w *watch) follow(n *node, b blow, deadline time.Duration) error {
	c, err := dial(n.addr())
	if err != nil {
		return err
	}
	defer c.Close()
	for !w.done(b) && time.Since(w.begin) < deadline {
		if err := w.look(n, c); err != nil {
			return fmt.Errorf("node on port %d: %w", n.port, err)
		}
		pause := poll
		if b.signal != 0 && time.Since(w.begin) < w.timeout/2-10*poll {
			pause *= 10
		}
		time.Sleep(pause)
	}
	return nil
}

// done tells whether all has been seen that can come. Where nothing may be promoted the watch goes on to its deadline.
func (w *watch) done(b blow) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return true
	}
	for i := range w.victims {
		if b.lost || w.victims[i].row.promoted == unseen || w.victims[i].row.write == unseen {
			return false
		}
	}
	return true
}

// look asks a node for all that it can tell, and notes what is new.
func (w *watch) look(n *node, c *conn) error {
	nodes, err := view(c)
	if err != nil {
		return err
	}
	now := time.Since(w.begin)
	for i := range w.victims {
		v := &w.victims[i]
		for _, s := range nodes {
			if s.id == v.id {
				w.note(&v.row.fail, now, s.has("fail"))
				w.note(&v.row.pfail, now, s.has("fail?") || s.has("fail"))
			}
		}
		if slices.Contains(v.replicas, n) {
			if err := w.lookAtReplica(v, n, c); err != nil {
				return err
			}
		}
	}
	if n == w.survivor {
		_, err := c.do("SET", n.key, "x")
		var no refusal
		if err != nil && !errors.As(err, &no) {
			return err
		}
		down := strings.HasPrefix(string(no), "CLUSTERDOWN")
		for i := range w.victims {
			w.note(&w.victims[i].row.stops, time.Since(w.begin), down)
		}
	}
	return nil
}

func (w *watch) lookAtReplica(v *victim, n *node, c *conn) error {
	role, err := c.do("ROLE")
	if err != nil {
		return err
	}
	if strings.HasPrefix(role, "master") {
		w.note(&v.row.promoted, time.Since(w.begin), true)
		w.mu.Lock()
		v.winner = n
		w.mu.Unlock()
	}
	_, err = c.do("SET", n.key, "x")
	var no refusal
	if err != nil && !errors.As(err, &no) {
		return err
	}
	w.note(&v.row.write, time.Since(w.begin), err == nil)
	return nil
}

// note keeps the first instant at which something was seen.
func (w *watch) note(first *time.Duration, now time.Duration, seen bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if seen && *first == unseen {
		*first = now
	}
}

// restore brings the victim back. A frozen one is watched until it knows that it is no longer the primary.
func (c *cluster) restore(v *victim, b blow) error {
	switch b.signal {
	case syscall.SIGKILL:
		_ = v.cmd.Wait() // it was killed: that is its error
		return c.start(v.node)
	case syscall.SIGSTOP:
		begin := time.Now()
		if err := v.cmd.Process.Signal(syscall.SIGCONT); err != nil || b.lost {
			return err
		}
		for time.Since(begin) < 6*c.timeout+20*time.Second {
			role, err := v.ctl.do("ROLE")
			if err != nil {
				return err
			}
			if strings.HasPrefix(role, "slave") {
				v.row.thawed = time.Since(begin)
				return nil
			}
			time.Sleep(poll)
		}
	}
	return nil
}

func (v *victim) markLogs() {
	v.logSize = map[*node]int64{}
	for _, n := range v.replicas {
		if info, err := os.Stat(n.logFile()); err == nil {
			v.logSize[n] = info.Size()
		}
	}
}

var delayed = regexp.MustCompile(`election delayed for (-?\d+) milliseconds \(rank #(\d+)`)

// readLog takes delay and rank of the election that won from the winner's log, the last one if it had to try again.
func (v *victim) readLog() {
	if v.winner == nil {
		return
	}
	text, err := os.ReadFile(v.winner.logFile())
	if err != nil {
		return
	}
	all := delayed.FindAllSubmatch(text[v.logSize[v.winner]:], -1)
	if len(all) == 0 {
		return
	}
	v.row.tries = len(all)
	last := all[len(all)-1]
	ms, _ := strconv.Atoi(string(last[1])) // digits, by the expression
	v.row.delay = time.Duration(ms) * time.Millisecond
	v.row.rank, _ = strconv.Atoi(string(last[2]))
}
