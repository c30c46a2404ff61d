package sftp

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

var (
	errTimeout   = errors.New("the server fell silent")
	errNotFolder = errors.New("not a folder")
	errShort     = errors.New("the server holds another number of bytes than were sent")
	errTooLarge  = errors.New("larger than may be read")
)

const chunk = 256 << 10

// session is one signed-in connection. Each exchange is a step of its own
// against the timeout, so that a slow line may take its time over a large
// file and a silent server may not.
type session struct {
	tcp     net.Conn
	ssh     *ssh.Client
	files   *sftp.Client
	timeout time.Duration
	expired atomic.Bool
	dead    bool
}

// abort makes every exchange that is under way fail.
func (s *session) abort() { _ = s.tcp.Close() }

func (s *session) close() {
	if s == nil {
		return
	}
	s.abort()
	_ = s.files.Close()
	_ = s.ssh.Wait()
}

func (s *session) step(f func() error) error {
	timer := time.AfterFunc(s.timeout, func() {
		s.expired.Store(true)
		s.abort()
	})
	err := f()
	timer.Stop()
	if err == nil {
		return nil
	}
	var status *sftp.StatusError
	if s.expired.Load() {
		s.dead = true
		return errTimeout
	}
	s.dead = s.dead || !errors.As(err, &status) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)
	return err
}

func (s *session) stat(name string) (info os.FileInfo, err error) {
	err = s.step(func() error {
		info, err = s.files.Stat(name)
		return err
	})
	return info, err
}

func (s *session) folder(name string) error {
	info, err := s.stat(name)
	if err == nil && !info.IsDir() {
		return errNotFolder
	}
	return err
}

func (s *session) list(name string) (all []os.FileInfo, err error) {
	err = s.step(func() error {
		all, err = s.files.ReadDir(name)
		return err
	})
	return all, err
}

func (s *session) open(name string) (file *sftp.File, err error) {
	err = s.step(func() (err error) {
		file, err = s.files.Open(name)
		return err
	})
	return file, err
}

// read gives a whole file of at most limit bytes, and how it stands in its
// folder after the reading.
func (s *session) read(name string, limit int64) ([]byte, os.FileInfo, error) {
	file, err := s.open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = s.step(file.Close) }()
	var all bytes.Buffer
	buf := make([]byte, chunk)
	for ended := false; !ended; {
		n := 0
		err := s.step(func() (err error) {
			n, err = file.Read(buf)
			if ended = errors.Is(err, io.EOF); ended {
				return nil
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
		if all.Write(buf[:n]); int64(all.Len()) > limit {
			return nil, nil, errTooLarge
		}
	}
	// The library also says EOF when the connection breaks; then this fails.
	info, err := s.stat(name)
	return all.Bytes(), info, err
}

// write puts body under name and sees it safely there. The file is not cut
// first: if another hub is writing the same bytes, neither harms the other,
// even after the other's rename.
func (s *session) write(name string, body []byte) error {
	var file *sftp.File
	err := s.step(func() (err error) {
		file, err = s.files.OpenFile(name, os.O_WRONLY|os.O_CREATE)
		return err
	})
	if err != nil {
		return err
	}
	err = s.fill(file, body)
	if closed := s.step(file.Close); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	info, err := s.stat(name)
	if err == nil && info.Size() != int64(len(body)) {
		return errShort
	}
	return err
}

func (s *session) fill(file *sftp.File, body []byte) error {
	for rest := body; len(rest) > 0; {
		n := min(chunk, len(rest))
		err := s.step(func() error {
			_, err := file.Write(rest[:n])
			return err
		})
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	info, err := s.stat(file.Name())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.Size() > int64(len(body)) {
		if err := s.step(func() error { return file.Truncate(int64(len(body))) }); err != nil {
			return err
		}
	}
	if _, offered := s.files.HasExtension("fsync@openssh.com"); offered {
		return s.step(file.Sync)
	}
	return nil
}

// rename moves a file, over another if the server can.
func (s *session) rename(from, to string) error {
	return s.step(func() error {
		if _, offered := s.files.HasExtension("posix-rename@openssh.com"); offered {
			return s.files.PosixRename(from, to)
		}
		return s.files.Rename(from, to)
	})
}

// replace moves a file over another, also where the server cannot in one step.
// If there is nothing to move, the other stays.
func (s *session) replace(from, to string) error {
	err := s.rename(from, to)
	if err == nil || s.dead {
		return err
	}
	if _, gone := s.stat(from); gone != nil {
		return gone
	}
	if gone := s.remove(to); gone != nil {
		return err
	}
	return s.rename(from, to)
}

func (s *session) remove(name string) error {
	return s.step(func() error { return s.files.Remove(name) })
}

// compare tells whether there is something under name, and whether it is a
// file with these bytes.
func (s *session) compare(name string, body []byte) (exists, same bool, err error) {
	info, err := s.stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(body)) {
		return true, false, nil
	}
	there, _, err := s.read(name, info.Size())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, false, nil
	case errors.Is(err, errTooLarge):
		return true, false, nil
	}
	return true, bytes.Equal(there, body), err
}

// part is the temporary name beside name. It is the same each time, so that
// a new attempt takes up what a broken one left.
func part(name string) string {
	return path.Join(path.Dir(name), "."+path.Base(name)+".part")
}
