package jail

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"
)

// handlers do what clients ask for, below root only.
type handlers struct{ root *os.Root }

// within gives a client's path as one below the root.
func within(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return "."
	}
	return name
}

// answer turns an error into the protocol's own; nothing of the machine's
// paths is told.
func answer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return sftp.ErrSSHFxNoSuchFile
	case errors.Is(err, fs.ErrPermission), strings.Contains(err.Error(), "escapes"):
		return sftp.ErrSSHFxPermissionDenied
	case errors.Is(err, sftp.ErrSSHFxOpUnsupported):
		return sftp.ErrSSHFxOpUnsupported
	}
	return sftp.ErrSSHFxFailure
}

// Fileread opens a file for reading.
func (h handlers) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	file, err := h.open(r.Filepath, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Filewrite opens a file for writing.
func (h handlers) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	file, err := h.open(r.Filepath, flagsOf(r.Pflags())|os.O_WRONLY)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// OpenFile opens a file for reading and writing.
func (h handlers) OpenFile(r *sftp.Request) (sftp.WriterAtReaderAt, error) {
	file, err := h.open(r.Filepath, flagsOf(r.Pflags())|os.O_RDWR)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// open refuses what is there and is no plain file: opening a pipe would wait
// for its other end.
func (h handlers) open(name string, flags int) (*os.File, error) {
	info, err := h.root.Stat(within(name))
	if err == nil && !info.Mode().IsRegular() {
		return nil, sftp.ErrSSHFxFailure
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, answer(err)
	}
	file, err := h.root.OpenFile(within(name), flags, 0o644)
	return file, answer(err)
}

func flagsOf(p sftp.FileOpenFlags) int {
	flags := 0
	if p.Creat {
		flags |= os.O_CREATE
	}
	if p.Trunc {
		flags |= os.O_TRUNC
	}
	if p.Excl {
		flags |= os.O_EXCL
	}
	return flags
}

// Filecmd renames, removes, makes folders and sets attributes.
func (h handlers) Filecmd(r *sftp.Request) error {
	name := within(r.Filepath)
	switch r.Method {
	case "Setstat":
		return answer(h.set(name, r))
	case "Rename":
		if _, err := h.root.Lstat(within(r.Target)); err == nil {
			return sftp.ErrSSHFxFailure
		}
		return answer(h.root.Rename(name, within(r.Target)))
	case "Mkdir":
		return answer(h.root.Mkdir(name, 0o755))
	case "Remove", "Rmdir":
		info, err := h.root.Lstat(name)
		if err == nil && info.IsDir() != (r.Method == "Rmdir") {
			return sftp.ErrSSHFxFailure
		}
		return answer(h.root.Remove(name))
	}
	return sftp.ErrSSHFxOpUnsupported
}

// PosixRename renames over what is there.
func (h handlers) PosixRename(r *sftp.Request) error {
	return answer(h.root.Rename(within(r.Filepath), within(r.Target)))
}

func (h handlers) set(name string, r *sftp.Request) error {
	given, to := r.AttrFlags(), r.Attributes()
	if given.Size {
		file, err := h.open("/"+name, os.O_WRONLY)
		if err != nil {
			return err
		}
		err = file.Truncate(int64(to.Size))
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	}
	if given.Permissions {
		if err := h.root.Chmod(name, to.FileMode().Perm()); err != nil {
			return err
		}
	}
	if given.Acmodtime {
		return h.root.Chtimes(name, to.AccessTime(), to.ModTime())
	}
	return nil
}

// Filelist lists a folder or describes a file.
func (h handlers) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	switch r.Method {
	case "List":
		folder, err := h.root.Open(within(r.Filepath))
		if err != nil {
			return nil, answer(err)
		}
		defer func() { _ = folder.Close() }()
		all, err := folder.Readdir(-1)
		return listing(all), answer(err)
	case "Stat":
		info, err := h.root.Stat(within(r.Filepath))
		return listing{info}, answer(err)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// Lstat describes a link itself.
func (h handlers) Lstat(r *sftp.Request) (sftp.ListerAt, error) {
	info, err := h.root.Lstat(within(r.Filepath))
	return listing{info}, answer(err)
}

type listing []os.FileInfo

// ListAt gives the entries from an offset.
func (l listing) ListAt(to []os.FileInfo, from int64) (int, error) {
	if from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[from:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}
