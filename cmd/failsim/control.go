package main

import (
	"cmp"
	"context"
	"net"

	"failsim/control"
	"failsim/query"
	"failsim/server"
)

// mostControllers is how many connections the control port has at once: pages, and scripts that drive them.
const mostControllers = 128

// controlPort is the port of the control API and the page.
type controlPort struct {
	listener net.Listener
	token    string
}

// openControl listens; nil where the port is switched off.
func (f *serveFlags) openControl() (*controlPort, error) {
	if f.control == "" {
		if f.token != "" {
			return nil, usagef("--token guards the control port, which --control \"\" switches off; give one of them")
		}
		return nil, nil
	}
	if f.token != "" {
		if err := control.CheckToken(f.token); err != nil {
			return nil, usagef("--token: %w", err)
		}
	}
	listener, err := control.Listen(f.control)
	if err != nil {
		return nil, usagef("--control: %w", err)
	}
	return &controlPort{listener, cmp.Or(f.token, control.NewToken())}, nil
}

// address is what a person opens.
func (p *controlPort) address() string {
	return "http://" + p.listener.Addr().String() + "/?token=" + p.token
}

// part serves the port until its context ends, which ends the streams of pages first.
func (p *controlPort) part(fleet *server.Fleet) servant {
	return func(ctx context.Context) error {
		s := query.NewServer(control.New(fleet, p.token))
		s.BaseContext = func(net.Listener) context.Context { return ctx }
		return query.Serve(ctx, s, query.Limit(p.listener, mostControllers))
	}
}

// servant serves until its context ends.
type servant func(context.Context) error

// together lets the parts serve; when one ends, all do. It gives the first error.
func together(ctx context.Context, parts []servant) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, len(parts))
	for _, p := range parts {
		go func() { ended <- p(ctx) }()
	}
	for range parts {
		err = cmp.Or(err, <-ended)
		stop()
	}
	return err
}
