package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
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
	flags.StringVar(&f.start, "start", "now", "the calendar's instant of virtual zero: now, scenario, or such as 2026-01-01T00:00:00Z")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of all randomness (default: the scenario's)")
	flags.StringArrayVar(&f.troubles, "trouble", nil, "KIND=RATE[:DURATION], may be repeated: "+server.TroubleKinds())
	flags.BoolVar(&f.operator, "operator", false, "play the scenario's own calls and campaigns too")
	flags.StringVar(&f.record, "record", "", "write the session to this file at the end, as a scenario that plays it again")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sc, err := a.loadSeeded(cmd, args[0], &f.seed)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return a.serve(ctx, sc, f)
	}
	return cmd
}

func (a *app) serve(ctx context.Context, sc *scenario.Scenario, f *serveFlags) error {
	settings, speed, err := f.settings(sc)
	if err != nil {
		return err
	}
	if sc.Attended() && !f.operator {
		fmt.Fprintf(a.stderr, "failsim: %s of the scenario are left out: the client is the operator; --operator plays them\n", operatorOf(&sc.Config))
		sc.Config.Calls, sc.Config.Campaigns = nil, nil
	}
	if err := f.mayRecord(sc); err != nil {
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
	fleet := server.NewFleet(&sc.Config, f.seed, speed, time.Now)
	if f.paused {
		fleet.Pause()
		fleet.Reset(f.seed) // the microseconds that have passed would be others every time
	}
	signatures := "any signature is taken"
	if settings.Verifier != nil {
		signatures = "signatures are verified"
	}
	fmt.Fprintf(a.stderr, "failsim: ElastiCache API of %s at http://%s, %s\n", sc.Config.Region, listener.Addr(), signatures)
	api := query.NewServer(server.New(fleet, settings))
	parts := []servant{func(ctx context.Context) error { return query.Serve(ctx, api, query.Limit(listener, mostConnections)) }}
	if control != nil {
		fmt.Fprintf(a.stderr, "failsim: page and control API at %s\n", control.address())
		parts = append(parts, control.part(fleet))
	}
	if err := together(ctx, parts); err != nil {
		return err
	}
	return f.writeRecord(sc, fleet)
}

// mostConnections is how many clients are served at once; more than a game day has.
const mostConnections = 1024

// settings reads the flags that say how clients are treated, and how time passes.
func (f *serveFlags) settings(sc *scenario.Scenario) (settings server.Settings, speed server.Speed, err error) {
	for _, text := range f.troubles {
		t, err := server.ParseTrouble(text)
		if err != nil {
			return settings, 0, usagef("--trouble: %w", err)
		}
		settings.Troubles = append(settings.Troubles, t)
	}
	if speed, err = server.ParseSpeed(f.speed); err != nil {
		return settings, 0, usagef("--speed: %w", err)
	}
	switch f.start {
	case "now":
		sc.Config.Start = time.Now().UTC().Truncate(time.Millisecond)
	case "scenario":
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
	case !address.IP.IsLoopback() && !verified:
		return nil, usagef("--listen %s is not a loopback address, such as 127.0.0.1:6390; it needs --credentials", f.listen)
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return nil, usageError{err}
	}
	return listener, nil
}

// operatorOf counts what the scenario's operator does.
func operatorOf(cfg *sim.Config) string {
	counted := func(n int, what string) string {
		if n != 1 {
			what += "s"
		}
		return fmt.Sprintf("%d %s", n, what)
	}
	return counted(len(cfg.Calls), "call") + " and " + counted(len(cfg.Campaigns), "campaign")
}

// session is one in which nothing has been done yet.
func (f *serveFlags) session(sc *scenario.Scenario) scenario.Session {
	return scenario.Session{Start: sc.Config.Start, Seed: f.seed, Unattended: !f.operator}
}

// mayRecord says before anything is served what would keep the session from being written.
func (f *serveFlags) mayRecord(sc *scenario.Scenario) error {
	if f.record == "" {
		return nil
	}
	if _, err := os.Stat(f.record); err == nil {
		return usagef("--record: %s is there already; want the name of a new file", f.record)
	}
	if err := sc.MayRecord(f.session(sc)); err != nil {
		return usagef("--record: %w", err)
	}
	return nil
}

// writeRecord writes what was done to the fleet as a scenario.
func (f *serveFlags) writeRecord(sc *scenario.Scenario, fleet *server.Fleet) error {
	if f.record == "" {
		return nil
	}
	session := f.session(sc)
	session.Seed, session.Until = fleet.Seed(), fleet.Clock().Now
	for _, deed := range fleet.Deeds() {
		if deed.Call != nil {
			session.Calls = append(session.Calls, *deed.Call)
		} else {
			session.Faults = append(session.Faults, *deed.Fault)
		}
	}
	slices.SortStableFunc(session.Faults, func(a, b sim.FaultConfig) int { return cmp.Compare(a.At, b.At) })
	text, err := sc.Record(&session)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
	return writeNew([]newFile{{f.record, write}}, true)
}
