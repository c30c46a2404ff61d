// Command stockwell is the hub and its tools in one binary. Each command has
// a file; connectors.go is the only list of connectors.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// version is set when a release is built.
var version = "0.1.0-dev"

type cli struct {
	Config string `short:"c" help:"Configuration file. Default: DATA/config/stockwell.yaml if there is one, else config/stockwell.yaml." type:"path" placeholder:"FILE"`
	Data   string `short:"d" help:"Folder for everything that the hub keeps itself; overrides data in the configuration." type:"path" placeholder:"DIR"`
	Trust  string `short:"t" help:"ODS code of the trust; needed where the hub serves several." placeholder:"ODS"`
	JSON   bool   `name:"json" help:"Print data as JSON."`

	Serve      serveCmd      `cmd:"" help:"Run the hub."`
	Demo       demoCmd       `cmd:"" help:"Run a fictional trust and play a short story through it."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database to this version."`
	Backup     backupCmd     `cmd:"" help:"Write a backup of the database, while the hub runs or not."`
	Restore    restoreCmd    `cmd:"" help:"Bring a backup back. Orders are then held until what happened since is compared."`
	Fence      fenceCmd      `cmd:"" help:"Orders that are held since a restore: compare, and let them go."`
	Check      checkCmd      `cmd:"" help:"Validate configuration, mappings and connections without starting."`
	Archive    archiveCmd    `cmd:"" help:"Messages as they came: what is kept, for how long, and under which keys."`
	Messages   messagesCmd   `cmd:"" help:"Messages that were received, and what each caused."`
	Cases      casesCmd      `cmd:"" help:"Theatre cases: what was booked, done and corrected, and what a person decides of them."`
	Stock      stockCmd      `cmd:"" help:"Stock balances, holds, and files of opening stock."`
	Orders     ordersCmd     `cmd:"" help:"Orders and suggested orders."`
	Receipts   receiptsCmd   `cmd:"" help:"Goods received: what suppliers delivered, line by line."`
	Feeds      feedsCmd      `cmd:"" help:"Ways in: whether orders rely on them, and orders that wait for a person because of one."`
	Purchasing purchasingCmd `cmd:"" help:"Pause and resume automatic purchasing."`
	Warnings   warningsCmd   `cmd:"" help:"What needs a person."`
	Catalogue  catalogueCmd  `cmd:"" help:"The trust's catalogue of items."`
	HL7        hl7Cmd        `cmd:"" name:"hl7" help:"Tools for HL7 v2 messages."`
	UDI        udiCmd        `cmd:"" name:"udi" help:"Read the unique identifiers on device labels: GS1, HIBCC, ICCBBA."`
	NHS        nhsCmd        `cmd:"" name:"nhs" help:"Check codes of the NHS: NHS Numbers, organisations, procedures."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// app is what every command works with.
type app struct {
	*cli
	ctx      context.Context
	out, err io.Writer
}

// errNo is the answer no: exit status 1, with what was printed standing.
var errNo = errors.New("no")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command and gives its exit status: 0, 1 for the answer no
// and for work that failed, 2 for bad usage or input.
func run(ctx context.Context, args []string, out, stderr io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c, kong.Name("stockwell"), kong.UsageOnError(), kong.Writers(out, stderr), kong.Exit(func(code int) { exit = code }),
		kong.Description("An open integration hub for hospital inventory: theatre messages in, orders and registry records out, one stock ledger between."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	k, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "stockwell: %v\nSee stockwell --help.\n", err)
		return 2
	}
	return status(k.Run(&app{cli: &c, ctx: ctx, out: out, err: stderr}), stderr)
}

// status prints what went wrong and gives the exit status.
func status(err error, stderr io.Writer) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errNo):
		return 1
	}
	var f *fault.Error
	if !errors.As(err, &f) {
		fmt.Fprintln(stderr, "stockwell:", err)
		return 1
	}
	fmt.Fprintln(stderr, "stockwell:", err)
	switch f.Kind {
	case fault.Invalid, fault.NotFound:
		return 2
	}
	return 1
}
