package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"failsim/query"
	"failsim/scenario"
	"failsim/server"
	"failsim/sigv4"
	"failsim/sim"

	"github.com/spf13/cobra"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	listen, control, token string
	credentials, record    string
	speed, start           string
	paused, operator       bool
	seed                   uint64
	troubles               []string
}

func (a *app) serveCommand() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "serve SCENARIO",
		Short: "Answer AWS clients as ElastiCache would, from a simulated fleet",
		Long: `Answer AWS clients (SDKs, the AWS CLI, scripts) on a local port as ElastiCache would through a failover, from the groups of a
scenario, in virtual time that can run fast, stand still or jump. The client is the operator: the scenario's own calls and campaigns
are left out unless --operator asks for them; its faults and failures happen.
A second port has the control API and a page for people. docs/serve.md tells all of it.`,
		Example: `  failsim serve mine.toml --speed 60
  aws elasticache test-failover --endpoint-url http://127.0.0.1:6390 \
      --replication-group-id carts --node-group-id 0001
  failsim serve mine.toml --speed max --trouble accepted-but-500=0.1 --record session.toml`,
		Args: wants(1, 1),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:6390", "address of the ElastiCache API; one that is not loopback needs --credentials")
	flags.StringVar(&f.control, "control", "127.0.0.1:6391", "loopback address of the control API and the page; an empty one switches them off")
	flags.StringVar(&f.token, "token", "", "token of the control API (default: a new one, printed at the start)")
	flags.StringVar(&f.credentials, "credentials", "", "file of the keys that may sign calls, as ~/.aws/credentials (default: any signature is taken)")
	flags.StringVar(&f.speed, "speed", "1", "virtual seconds in a second, or max: every poll jumps to the next event")
	flags.BoolVar(&f.paused, "paused", false, "start with the clock standing still")
	flags.StringVar(&f.start, "start", startNow, "the calendar's instant of virtual zero: now, scenario, or such as 2026-01-01T00:00:00Z")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness (default: the scenario's)")
	flags.StringArrayVar(&f.troubles, "trouble", nil, "KIND=RATE[:DURATION][@SEED], may be repeated: "+server.TroubleKinds())
	flags.BoolVar(&f.operator, "operator", false, "play the scenario's own calls and campaigns too")
	flags.StringVar(&f.record, "record", "", "write the session to this file at the end, as a scenario that plays it again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sc, err := load(args[0])
		if err != nil {
			return err
		}
		settleSeed(cmd, sc, &f.seed)
		ctx, stop := signal.NotifyContext(cmd.Context(), endings()...)
		defer stop()
		return a.serve(ctx, sc, f)
	}
	return cmd
}

// endings are the signals that end the server. Who started it with nohup wants it to outlive the terminal.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

func (a *app) serve(ctx context.Context, sc *scenario.Scenario, f *serveFlags) error {
	settings, speed, err := f.settings(sc)
	if err != nil {
		return err
	}
	if sc.Attended() && !f.operator {
		fmt.Fprintf(a.stderr, "failsim: left out of the scenario: %s; the client is the operator, --operator plays them\n", operatorOf(&sc.Config))
		sc.LeaveOperatorOut()
	}
	a.warn(sc)
	bounds, err := f.mayRecord(sc)
	if err != nil {
		return err
	}
	listener, err := f.open(settings.Verifier != nil)
	if err != nil {
		return err
	}
	control, err := f.openControl()
	if err != nil {
		_ = listener.Close()
		return err
	}
	fleet := server.NewFleet(&sc.Config, f.seed, server.Clock{Wall: time.Now, Speed: speed, Paused: f.paused, StartsNow: f.start == startNow, Bounds: bounds})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go fleet.Prepare(ctx)
	signatures := "any signature is taken"
	if settings.Verifier != nil {
		signatures = "signatures are verified"
	}
	fmt.Fprintf(a.stderr, "failsim: ElastiCache API of %s at %s, %s\n", sc.Config.Region, endpoint(listener.Addr()), signatures)
	calls := server.New(fleet, settings)
	api := query.NewServer(calls)
	query.RefuseAsXML(api, calls.NoCall)
	parts := []servant{func(ctx context.Context) error { return query.Serve(ctx, api, query.Limit(listener, mostConnections)) }}
	if control != nil {
		fmt.Fprintf(a.stderr, "failsim: page and control API at %s\n", control.address())
		parts = append(parts, control.part(fleet))
	}
	return errors.Join(together(ctx, parts), a.writeRecord(f, sc, fleet))
}

// mostConnections is how many clients are served at once; more than a game day has.
const mostConnections = 1024

// startNow is the --start that no scenario has.
const startNow = "now"

// settings reads the flags that say how clients are treated, and how time passes.
func (f *serveFlags) settings(sc *scenario.Scenario) (settings server.Settings, speed server.Speed, err error) {
	for _, text := range f.troubles {
		t, err := server.ParseTrouble(text)
		if err != nil {
			return settings, 0, usagef("--trouble: %w", err)
		}
		if slices.ContainsFunc(settings.Troubles, func(other server.Trouble) bool { return other.Kind == t.Kind }) {
			return settings, 0, usagef("--trouble %s: %s is there already; want each kind once", text, t.Kind)
		}
		settings.Troubles = append(settings.Troubles, t)
	}
	if speed, err = server.ParseSpeed(f.speed); err != nil {
		return settings, 0, usagef("--speed: %w", err)
	}
	switch f.start {
	case startNow, "scenario":
	default:
		if sc.Config.Start, err = time.Parse(time.RFC3339, f.start); err != nil {
			return settings, 0, usagef("--start %s; want now, scenario or an instant such as 2026-01-01T00:00:00Z", strconv.Quote(f.start))
		}
		sc.Config.Start = sc.Config.Start.UTC()
	}
	if f.credentials == "" {
		return settings, speed, nil
	}
	file, err := os.Open(f.credentials)
	if err != nil {
		return settings, 0, usageError{err}
	}
	defer file.Close()
	keys, err := sigv4.ReadCredentials(file, f.credentials)
	if err != nil {
		return settings, 0, usageError{err}
	}
	settings.Verifier = sigv4.NewVerifier(keys, sc.Config.Region)
	return settings, speed, nil
}

// open listens. Whoever can reach another address than loopback must be able to prove who they are.
func (f *serveFlags) open(verified bool) (net.Listener, error) {
	address, err := net.ResolveTCPAddr("tcp", f.listen)
	switch {
	case err != nil:
		return nil, usagef("--listen: %w", err)
	case f.listen == "":
		return nil, usagef("--listen is empty; want an address such as 127.0.0.1:6390")
	case !address.IP.IsLoopback() && !verified:
		return nil, usagef("--listen %s is not a loopback address, such as 127.0.0.1:6390; it needs --credentials", f.listen)
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return nil, usageError{err}
	}
	return listener, nil
}

// endpoint is what clients on this machine are to be given, and whether others can reach it too.
func endpoint(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d and every address of this machine", tcp.Port)
	}
	return "http://" + address.String()
}

// operatorOf counts what the scenario's operator does.
func operatorOf(cfg *sim.Config) string {
	var counted []string
	count := func(n int, what string) {
		if n > 1 {
			what += "s"
		}
		if n > 0 {
			counted = append(counted, fmt.Sprintf("%d %s", n, what))
		}
	}
	count(len(cfg.Calls), "call")
	count(len(cfg.Campaigns), "campaign")
	return strings.Join(counted, ", ")
}
