package sftp

import (
	"os"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestShelf_ListsAndReadsWhatWasDeliveredAndTaken(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *server{"in process": newServer, "OpenSSH": openSSH} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			if err := os.MkdirAll(s.path("out/taken"), 0o755); err != nil {
				t.Fatal(err)
			}
			c, _ := s.connector(t, func(cfg *Config) { cfg.Archive = cfg.Out + "/taken" })
			if err := c.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.Deliver(t.Context(), order); err != nil {
				t.Fatal(err)
			}
			put(t, s.path("out/taken/PO-000016.csv"), "sixteen")
			put(t, s.path("out/.PO-000018.csv.part"), "half")
			all, err := c.Delivered(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range all {
				raw, err := c.Fetch(t.Context(), d)
				if err != nil || int64(len(raw)) != d.Size || d.ModTime.IsZero() {
					t.Errorf("%s: %d bytes of %d, %v", d.Name, len(raw), d.Size, err)
				}
				got = append(got, strings.TrimPrefix(d.Folder, c.cfg.Out)+" "+d.Name+" "+string(raw))
			}
			if want := " PO-000017.csv " + string(order.Body) + "|/taken PO-000016.csv sixteen"; strings.Join(got, "|") != want {
				t.Errorf("delivered are %q", got)
			}
			for _, d := range []connectors.Delivered{{Folder: "/etc", Name: "passwd"}, {Folder: c.cfg.Out, Name: "../in/x"}} {
				_, err := c.Fetch(t.Context(), d)
				expect(t, err, fault.Invalid, "file_name_unsafe")
			}
			gone, _ := s.connector(t, func(cfg *Config) { cfg.Archive = s.path("nowhere") })
			_, err = gone.Delivered(t.Context())
			expect(t, err, fault.Unavailable, "sftp_folder_missing")
		})
	}
}
