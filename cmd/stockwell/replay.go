package main

import (
	"context"
	"fmt"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

type messagesReplay struct {
	IDs          []int64 `arg:"" optional:"" help:"The messages' numbers."`
	Stopped      bool    `help:"Every message that is stopped."`
	Unidentified bool    `help:"Every message with a line that is unidentified or waits."`
}

// replayed is what became of one message.
type replayed struct {
	Message  int64  `json:"message"`
	Replayed bool   `json:"replayed"`
	Summary  string `json:"summary"`
}

// Run replays messages in this process, whether or not the hub runs. The exit
// status is 1 if any of them stopped again.
func (c messagesReplay) Run(a *app) error {
	if len(c.IDs) == 0 && !c.Stopped && !c.Unidentified {
		return fault.New(fault.Invalid, "message_needed", "Name the messages to replay, or --stopped, or --unidentified.")
	}
	hub, trusts, err := a.load()
	if err != nil {
		return err
	}
	s, done, err := a.readingOf(hub)
	if err != nil {
		return err
	}
	defer done()
	ods, err := a.oneTrust(s)
	if err != nil {
		return err
	}
	ids := c.IDs
	if c.Stopped || c.Unidentified {
		found, err := s.Replayable(a.ctx, ods, c.Stopped, c.Unidentified)
		if err != nil {
			return err
		}
		ids = append(ids, found...)
	}
	post, err := replayer(a.ctx, s, hub, trusts, ods)
	if err != nil {
		return err
	}
	all := []replayed{}
	var failed error
	for _, id := range ids {
		r := replayed{Message: id, Replayed: true}
		if err := post(id); err != nil {
			if len(ids) == 1 && !a.JSON {
				return err
			}
			r.Replayed, r.Summary, failed = false, err.Error(), errNo
		} else if chain, err := s.Chain(a.ctx, ods, id); err != nil {
			return err
		} else {
			r.Summary = chain.Message.Summary
		}
		all = append(all, r)
		if !a.JSON {
			fmt.Fprintf(a.out, "Message %d %s: %s\n", id, map[bool]string{true: "replayed", false: "not replayed"}[r.Replayed], r.Summary)
		}
	}
	if a.JSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	} else if len(ids) == 0 {
		fmt.Fprintln(a.out, "There is nothing to replay.")
	}
	return failed
}

// replayer gives what replays a message of a trust with the mapping now in
// force.
func replayer(ctx context.Context, s *store.Store, hub *config.Hub, trusts []*config.Trust, ods string) (func(id int64) error, error) {
	for _, cfg := range trusts {
		if cfg.ODS != ods {
			continue
		}
		t, err := openTrust(ctx, s, hub, cfg)
		if err != nil {
			return nil, err
		}
		poster := &pipeline.Poster{Trusts: map[string]*pipeline.Trust{ods: t.post}, Messages: s, Now: time.Now}
		return func(id int64) error {
			return s.Replay(ctx, ods, id, func(ctx context.Context) error { return poster.Replay(ctx, ods, id) })
		}, nil
	}
	return nil, fault.New(fault.NotFound, "trust_not_configured", "Trust %s is in the database and not in the configuration. Add its folder, or name the configuration with --config.", ods)
}
