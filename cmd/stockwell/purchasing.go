package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/store"
)

type purchasingCmd struct {
	Pause  purchasingPause  `cmd:"" help:"Stop making orders; suggestions go on and wait."`
	Resume purchasingResume `cmd:"" help:"Let orders be made again; what waited goes out."`
}

type purchasingPause struct {
	By     said `required:"" help:"Who pauses."`
	Reason said `required:"" help:"Why."`
}

// Run pauses purchasing.
func (c purchasingPause) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.Pause(a.ctx, trust, string(c.By), string(c.Reason)); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Purchasing of %s is paused. Suggested orders wait until `stockwell purchasing resume`.\n", trust)
		return nil
	})
}

type purchasingResume struct {
	By     said `required:"" help:"Who resumes."`
	Reason said `default:"Resumed." help:"Why."`
}

// Run resumes purchasing.
func (c purchasingResume) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.Resume(a.ctx, trust, string(c.By), string(c.Reason)); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Purchasing of %s goes on; what waited goes out.\n", trust)
		return nil
	})
}
