package tracing

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// mostFile is the size in bytes at which a file of traces moves to NAME.1, so
// that the two never take more than twice as much.
const mostFile = 64 << 20

// file is appended to by one exporter.
type file struct {
	path string

	mu   sync.Mutex
	f    *os.File
	size int64
}

func (f *file) open() error {
	to, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	f.f, f.size = to, 0
	if info, err := to.Stat(); err == nil {
		f.size = info.Size()
	}
	return nil
}

func (f *file) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.size+int64(len(p)) > mostFile {
		_ = f.f.Close()
		if err := os.Rename(f.path, f.path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	n, err := f.f.Write(p)
	f.size += int64(n)
	return n, err
}
