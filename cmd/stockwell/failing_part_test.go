package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
)

// failing is a connector that fails as soon as it is told to.
type failing struct{ now chan struct{} }

func (failing) Name() string { return "failing" }

func (f failing) Run(context.Context, connectors.Receiver) error {
	<-f.now
	return errors.New("it is broken")
}

func TestHub_StopsWhenAPartOfItFailsThoughASenderStaysConnected(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	cfg, trusts, err := config.Load(h.path("stockwell.yaml"))
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	x, err := newHub(ctx, cfg, trusts, newLog(config.Log{Level: "debug"}, h.log))
	h.must(err)
	defer x.close()
	part := failing{make(chan struct{})}
	x.ways = append(x.ways, connector{trust: "ZZ1", name: part.Name(), source: part})
	ended := make(chan error, 1)
	go func() { ended <- x.run(ctx) }()
	<-x.ready
	h.theatre = x.listening["ZZ1/theatre"]
	use, err := os.ReadFile(filepath.Join(journeys, "use", "use.hl7"))
	h.must(err)
	if code, text := h.send([]byte(strings.ReplaceAll(string(use), "\n", "\r"))); code != "AA" {
		t.Fatal(code, text)
	}
	close(part.now)
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it ended as if nothing had been the matter")
		}
	case <-time.After(patience):
		t.Error("it goes on with a part missing")
		cancel()
		<-ended
	}
}
