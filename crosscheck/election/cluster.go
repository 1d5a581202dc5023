package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// slots is the number of hash slots of a cluster.
const slots = 16384

// shape is a cluster's settings: what one sample shares.
type shape struct {
	engine   string // path of redis-server or valkey-server
	shards   int
	replicas int // per shard
	timeout  time.Duration
	ports    int // the first that may be used
}

// cluster is a real cluster on loopback, its nodes in folders of their own under dir.
type cluster struct {
	shape
	dir   string
	nodes []*node // the nodes of a shard lie together
}

type node struct {
	dir   string
	port  int
	bus   int // the cluster bus
	shard int
	key   string // in a slot of its shard
	id    string
	cmd   *exec.Cmd
	ctl   *conn // for commands between episodes
}

func (n *node) addr() string    { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }
func (n *node) logFile() string { return filepath.Join(n.dir, "log") }

// nextPort is below the range from which Linux takes ports of its own accord.
var nextPort atomic.Int32

// freePort returns a port that nothing listens on and that no earlier call returned.
func freePort(firstPort int) (int, error) {
	for range 5000 {
		port := firstPort + int(nextPort.Add(1))
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("no free port among the 5000 from %d on", firstPort)
}

// newCluster starts the processes and makes them one cluster; the first node of each shard is its primary.
func newCluster(s shape, dir string) (*cluster, error) {
	c := &cluster{shape: s, dir: dir}
	for i := range s.shards * (1 + s.replicas) {
		port, err := freePort(s.ports)
		if err != nil {
			return c, err
		}
		bus, err := freePort(s.ports)
		if err != nil {
			return c, err
		}
		n := &node{dir: filepath.Join(dir, strconv.Itoa(i)), port: port, bus: bus, shard: i / (1 + s.replicas)}
		if err := os.MkdirAll(n.dir, 0o755); err != nil {
			return c, err
		}
		c.nodes = append(c.nodes, n)
		if err := c.start(n); err != nil {
			return c, err
		}
	}
	if err := c.join(); err != nil {
		return c, fmt.Errorf("form a cluster: %w", err)
	}
	return c, c.waitWhole()
}

// start starts the node's process and waits until it answers. What it knew of the cluster is in its folder.
func (c *cluster) start(n *node) error {
	n.cmd = exec.Command(c.engine,
		"--port", strconv.Itoa(n.port), "--cluster-port", strconv.Itoa(n.bus), "--bind", "127.0.0.1",
		"--dir", n.dir, "--logfile", "log", "--daemonize", "no", "--save", "", "--appendonly", "no",
		"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
		"--cluster-node-timeout", strconv.FormatInt(c.timeout.Milliseconds(), 10),
		"--cluster-require-full-coverage", "no", // as ElastiCache has it
		"--cluster-allow-replica-migration", "no", // shards keep their replicas
		"--repl-diskless-sync-delay", "0")
	if err := n.cmd.Start(); err != nil {
		return err
	}
	var err error
	for range 200 {
		if n.ctl, err = dial(n.addr()); err == nil {
			_, err = n.ctl.do("PING")
		}
		if err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("start %s: %w", c.engine, err)
}

func (c *cluster) join() error {
	for i, n := range c.nodes {
		if err := n.prepare(i, c); err != nil {
			return err
		}
	}
	if err := c.until("all nodes know each other", c.acquainted); err != nil {
		return err
	}
	for i, n := range c.nodes {
		primary := c.nodes[n.shard*(1+c.replicas)]
		if n == primary {
			continue
		}
		if _, err := n.ctl.do("CLUSTER", "REPLICATE", primary.id); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

// prepare gives a primary its slots and introduces the node to the first one.
func (n *node) prepare(i int, c *cluster) (err error) {
	if n.id, err = n.ctl.do("CLUSTER", "MYID"); err != nil {
		return err
	}
	first, last := n.shard*slots/c.shards, (n.shard+1)*slots/c.shards-1
	if n.key, err = keyBetween(n.ctl, first, last); err != nil {
		return err
	}
	if i%(1+c.replicas) == 0 {
		_, err = n.ctl.do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
	}
	if err == nil {
		_, err = n.ctl.do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	if err == nil && i > 0 {
		known := c.nodes[0]
		_, err = n.ctl.do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(known.port), strconv.Itoa(known.bus))
	}
	return err
}

// keyBetween finds a key whose slot is in the range.
func keyBetween(c *conn, first, last int) (string, error) {
	for i := 0; ; i++ {
		key := fmt.Sprintf("key-%d", i)
		text, err := c.do("CLUSTER", "KEYSLOT", key)
		if err != nil {
			return "", err
		}
		slot, err := strconv.Atoi(text)
		if err != nil {
			return "", err
		}
		if slot >= first && slot <= last {
			return key, nil
		}
	}
}

// until waits until a state of all nodes holds.
func (c *cluster) until(what string, holds func() (bool, error)) error {
	deadline := time.Now().Add(60*time.Second + 6*c.timeout)
	for time.Now().Before(deadline) {
		ok, err := holds()
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("after %v it does not hold that %s", 60*time.Second+6*c.timeout, what)
}

func (c *cluster) acquainted() (bool, error) {
	for _, n := range c.nodes {
		view, err := n.view()
		if err != nil {
			return false, err
		}
		if len(view) != len(c.nodes) {
			return false, nil
		}
		for _, seen := range view {
			if seen.has("handshake") || !seen.linked {
				return false, nil
			}
		}
	}
	return true, nil
}

// waitWhole waits until every node sees every other as well, one primary per shard, and replicas in step with it.
func (c *cluster) waitWhole() error { return c.until("the cluster is whole", c.whole) }

func (c *cluster) whole() (bool, error) {
	for _, n := range c.nodes {
		if n.ctl == nil {
			return false, errors.New("a node has no connection")
		}
		view, err := n.view()
		if err != nil {
			return false, err
		}
		primaries := 0
		for _, seen := range view {
			if seen.has("fail") || seen.has("fail?") || seen.has("handshake") || !seen.linked {
				return false, nil
			}
			if seen.has("master") {
				primaries++
			}
		}
		if len(view) != len(c.nodes) || primaries != c.shards {
			return false, nil
		}
		info, err := n.ctl.do("INFO", "replication")
		if err != nil {
			return false, err
		}
		if strings.Contains(info, "role:slave") && !strings.Contains(info, "master_link_status:up") {
			return false, nil
		}
		state, err := n.ctl.do("CLUSTER", "INFO")
		if err != nil || !strings.Contains(state, "cluster_state:ok") {
			return false, err
		}
	}
	return true, nil
}

// primary returns the shard's primary and its replicas.
func (c *cluster) primary(shard int) (*node, []*node, error) {
	var primary *node
	var replicas []*node
	for _, n := range c.nodes {
		if n.shard != shard {
			continue
		}
		role, err := n.ctl.do("ROLE")
		if err != nil {
			return nil, nil, err
		}
		if strings.HasPrefix(role, "master") {
			primary = n
		} else {
			replicas = append(replicas, n)
		}
	}
	if primary == nil {
		return nil, nil, fmt.Errorf("shard %d has no primary", shard)
	}
	return primary, replicas, nil
}

// close ends the processes.
func (c *cluster) close() {
	for _, n := range c.nodes {
		if n.cmd != nil && n.cmd.Process != nil {
			_ = n.cmd.Process.Kill() // it may have ended already
			_ = n.cmd.Wait()
		}
	}
}

// seen is one line of CLUSTER NODES: what a node thinks of another.
type seen struct {
	id     string
	flags  string // as `,master,fail?,`
	linked bool
}

func (s seen) has(flag string) bool { return strings.Contains(s.flags, ","+flag+",") }

func (n *node) view() ([]seen, error) { return view(n.ctl) }

func view(c *conn) ([]seen, error) {
	text, err := c.do("CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	var all []seen
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 {
			return nil, fmt.Errorf("CLUSTER NODES: a line of %d fields, not 8 or more: %q", len(f), line)
		}
		all = append(all, seen{id: f[0], flags: "," + f[2] + ",", linked: f[7] == "connected"})
	}
	return all, nil
}
