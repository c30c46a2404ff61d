package sftp

import (
	"context"
	"path"
	"slices"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

var _ connectors.Shelf = (*Connector)(nil)

// Delivered lists the whole files in the folders Out and Archive.
func (c *Connector) Delivered(ctx context.Context) (all []connectors.Delivered, err error) {
	if c.invalid != nil {
		return nil, c.invalid
	}
	if c.cfg.Out == "" {
		return nil, fault.New(fault.Invalid, "sftp_setting_invalid", "The connector has no folder to deliver into.").At("out")
	}
	err = c.out.do(ctx, func(s *session) error {
		all = all[:0]
		for _, f := range c.shelves() {
			infos, err := s.list(f.path)
			if err != nil {
				return c.explain(err, f.setting, f.path)
			}
			for _, i := range infos {
				if i.Mode().IsRegular() && !passedOver(i.Name()) {
					all = append(all, connectors.Delivered{Folder: f.path, Name: i.Name(), Size: i.Size(), ModTime: i.ModTime()})
				}
			}
		}
		return nil
	})
	return all, err
}

// Fetch reads a file that Delivered listed.
func (c *Connector) Fetch(ctx context.Context, d connectors.Delivered) (raw []byte, err error) {
	known := slices.ContainsFunc(c.shelves(), func(f folder) bool { return f.path == d.Folder })
	if c.invalid != nil || !known || !safeName(d.Name) {
		return nil, fault.New(fault.Invalid, "file_name_unsafe", "The file is not one that lies where orders are delivered.")
	}
	err = c.out.do(ctx, func(s *session) error {
		raw, _, err = s.read(path.Join(d.Folder, d.Name), c.cfg.MaxFile)
		return c.explain(err, "out", d.Folder)
	})
	return raw, err
}

// shelves are the folders where delivered files lie.
func (c *Connector) shelves() []folder {
	all := []folder{{"out", c.cfg.Out}}
	if c.cfg.Archive != "" {
		all = append(all, folder{"archive", c.cfg.Archive})
	}
	return all
}
