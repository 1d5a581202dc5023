// Command failsim plays what a failover does to Amazon ElastiCache (Valkey, Redis OSS) in virtual time.
//
// This package owns flags, files, streams and exit codes. Results go to stdout, everything else to stderr; a command
// either succeeds or leaves stdout and the disk as they were.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"failsim/compare"
	"failsim/scenario"
	"failsim/store"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitFine        = 0
	exitFailed      = 1   // failsim or the disk failed
	exitInput       = 2   // the user's input is wrong
	exitRegressed   = 3   // a threshold failed, or a comparison regressed
	exitUndecided   = 4   // undecided, or the asked precision was not reached
	exitForeign     = 5   // the inputs do not belong together
	exitInterrupted = 130 // Ctrl-C
)

func main() {
	if os.Getenv("GOGC") == "" {
		// What a run holds is nearly all cells of histograms, which cost the collector nothing: so it may come twice as often.
		debug.SetGCPercent(50)
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: &output{to: stdout}, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(context.Background())
	if err != nil && !a.started {
		err = usageError{err}
	}
	if full := a.stdout.err; full != nil && (err == nil || errors.Is(err, full)) {
		err = fmt.Errorf("writing to stdout: %w", full)
	}
	if err == nil {
		return exitFine
	}
	a.complain(err)
	return exitCode(err)
}

// app is what the commands share.
type app struct {
	stdin   io.Reader
	stdout  *output
	stderr  io.Writer
	started bool // the command line was understood: errors are no longer about it
}

// output is stdout; it keeps the first error, so that a full disk is seen whoever printed.
type output struct {
	to  io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// What a run that went well can still say by its exit code.
var (
	errFailed    = errors.New("threshold failed")
	errUndecided = errors.New("threshold undecided")
	errImprecise = errors.New("precision not reached")
)

// usageError is a mistake on the command line or in a file that the user gave.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// exitCode maps errors to exit codes.
func exitCode(err error) int {
	_, mistakes := errors.AsType[scenario.Errors](err)
	_, usage := errors.AsType[usageError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case mistakes, usage, errors.Is(err, store.ErrNotOurs), errors.Is(err, store.ErrInPlace):
		return exitInput
	case errors.Is(err, store.ErrOtherRun), errors.Is(err, store.ErrOtherJob), errors.Is(err, store.ErrNoWhole),
		errors.Is(err, errNoPair), errors.Is(err, compare.ErrSchema), errors.Is(err, compare.ErrNothingInCommon):
		return exitForeign
	case errors.Is(err, errFailed), errors.Is(err, errRegressed):
		return exitRegressed
	case errors.Is(err, errUndecided), errors.Is(err, errImprecise), errors.Is(err, errUnsure):
		return exitUndecided
	}
	return exitFailed
}

// complain prints an error. Mistakes in a scenario carry their place, which editors look for at the start of a line.
func (a *app) complain(err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			a.complain(err)
		}
		return
	}
	kept, resumable := errors.AsType[keptError](err)
	switch _, mistakes := errors.AsType[scenario.Errors](err); {
	case errors.Is(err, context.Canceled) && !resumable:
		fmt.Fprintln(a.stderr, "failsim: interrupted; nothing was written")
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.stderr, "failsim: interrupted")
	case mistakes:
		fmt.Fprintln(a.stderr, err)
	default:
		fmt.Fprintf(a.stderr, "failsim: %s\n", strings.TrimRight(err.Error(), "\n"))
	}
	if resumable {
		fmt.Fprintf(a.stderr, "failsim: %d finished trials are kept in %s: --resume goes on with them\n", kept.trials, kept.where)
	}
}

// root is the command line.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "failsim",
		Short: "What will a failover of ElastiCache do to us, how long, how often, and how sure are we?",
		Long: `failsim plays a failover game day of Amazon ElastiCache (Valkey, Redis OSS) thousands of times
in virtual time, and reports the outage windows with their distributions.

Exit codes:
  0    fine
  1    failsim or the disk failed
  2    the input is wrong
  3    a threshold failed, or a comparison regressed
  4    a threshold or a comparison is undecided, or the asked precision was not reached
  5    the inputs do not belong together (the folder holds results of another run)
  130  interrupted`,
		Example: `  failsim run scenarios/quickstart.toml
  aws elasticache describe-replication-groups | failsim import - > mine.toml
  failsim timeline mine.toml`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		PersistentPreRun:           func(*cobra.Command, []string) { a.started = true },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.runCommand(), a.mergeCommand(), a.compareCommand(), a.reportCommand(), a.exportCommand(),
		a.timelineCommand(), a.topologyCommand(), a.serveCommand(), a.checkCommand(), a.defaultsCommand(), a.importCommand(), a.versionCommand())
	return root
}
