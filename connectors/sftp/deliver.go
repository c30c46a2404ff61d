package sftp

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Deliver puts f into the folder Out. A file with the same name and bytes is
// success without writing; one with other bytes is left alone and reported as
// fault.Conflict. A receiver that takes its files away must itself know a
// name that comes again, for nobody can tell it from here.
func (c *Connector) Deliver(ctx context.Context, f connectors.File) error {
	switch {
	case c.invalid != nil:
		return c.invalid
	case c.cfg.Out == "":
		return fault.New(fault.Invalid, "sftp_setting_invalid", "The connector has no folder to deliver into.").At("out")
	case !safeName(f.Name):
		return fault.New(fault.Invalid, "file_name_unsafe", "The file's name is not one that can be delivered: it must be plain, without folders, and not begin with a dot.")
	}
	return c.out.do(ctx, func(s *session) error {
		return c.explain(c.place(s, path.Join(c.cfg.Out, f.Name), f.Body), "out", c.cfg.Out)
	})
}

// place brings body under name by way of its temporary name.
func (c *Connector) place(s *session, name string, body []byte) error {
	if done, err := c.there(s, name, body); done || err != nil {
		return err
	}
	temporary := part(name)
	if err := s.write(temporary, body); err != nil {
		return err
	}
	// Another may have come while we wrote, and a rename would replace it.
	if done, err := c.there(s, name, body); done || err != nil {
		_ = s.remove(temporary)
		return err
	}
	err := s.rename(temporary, name)
	if err == nil || s.dead {
		return err
	}
	// Another hub may have renamed it before us; servers without the
	// extension also refuse to replace what is there.
	done, failure := c.there(s, name, body)
	if done || failure != nil {
		_ = s.remove(temporary)
		return failure
	}
	return err
}

// there tells whether the very file is there; fault.Conflict if it is another.
func (c *Connector) there(s *session, name string, body []byte) (bool, error) {
	exists, same, err := s.compare(name, body)
	if err == nil && exists && !same {
		return false, fault.New(fault.Conflict, "file_differs",
			"A file %s with other content is already in the folder %s. It was left as it is. Find out who put it there; if it is not wanted, move it away and try again.", path.Base(name), path.Dir(name))
	}
	return exists && same, err
}

// explain gives err its effect and its words. setting is the folder's.
func (c *Connector) explain(err error, setting, folder string) error {
	var known *fault.Error
	var status *sftp.StatusError
	unavailable := func(code, text string, args ...any) error {
		return fault.Wrap(err, fault.Unavailable, code, text, args...).At(setting)
	}
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, errTimeout):
		return unavailable("sftp_timeout", "The SFTP server %s did not answer within %s. It is tried again.", c.cfg.Address, c.cfg.Timeout)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNotFolder):
		return unavailable("sftp_folder_missing", "There is no folder %s on the SFTP server %s. Make it there, or correct the setting %q.", folder, c.cfg.Address, setting)
	case errors.Is(err, fs.ErrPermission):
		return unavailable("sftp_not_permitted", "The user %s may not do in the folder %s on %s what the hub needs: list, read, write and rename. Ask its administrator.", c.cfg.User, folder, c.cfg.Address)
	case errors.Is(err, errShort):
		return unavailable("sftp_not_whole", "The SFTP server %s did not keep the whole file; its disk may be full. It is tried again.", c.cfg.Address)
	case errors.As(err, &status):
		return unavailable("sftp_refused", "The SFTP server %s refused an operation in the folder %s (SFTP status %d); its disk may be full. It is tried again.", c.cfg.Address, folder, status.Code)
	}
	return unavailable("sftp_connection_lost", "The connection to the SFTP server %s was lost. It is tried again.", c.cfg.Address)
}

// maxName is the greatest length of a name in bytes: with a digest, what is said
// of the file and the temporary ending it must stay within 255.
const maxName = 220

// safeName keeps names to one folder, and away from those that are skipped.
func safeName(name string) bool {
	return name != "" && len(name) <= maxName && !passedOver(name) && !strings.ContainsAny(name, "/\\") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// passedOver tells the names of files that somebody is still writing.
func passedOver(name string) bool {
	for _, ending := range []string{".part", ".tmp", ".filepart"} {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			return true
		}
	}
	return strings.HasPrefix(name, ".")
}
