package embeddedpg

import (
	"os"
	"strings"
	"sync"
)

// maxLog is the size in bytes at which the log moves to postgres.log.1, so the
// two never take more than twice as much.
const maxLog = 4 << 20

// serverLog keeps what the server writes to stderr, and its last words in
// memory for the error that a failed start becomes. It never fails: a full
// disk must not stop the database through its log.
type serverLog struct {
	path string

	mu   sync.Mutex
	file *os.File
	size int64
	tail []byte
}

func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = append(l.tail, p...)
	if over := len(l.tail) - 4096; over > 0 {
		l.tail = append([]byte(nil), l.tail[over:]...)
	}
	if l.size+int64(len(p)) > maxLog {
		l.close()
		_ = os.Rename(l.path, l.path+".1")
	}
	if l.file == nil {
		l.open()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

func (l *serverLog) open() {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	l.file, l.size = f, 0
	if fi, err := f.Stat(); err == nil {
		l.size = fi.Size()
	}
}

func (l *serverLog) close() {
	if l.file != nil {
		_ = l.file.Close()
	}
	l.file, l.size = nil, 0
}

// Close may be followed by further writes, which open the file again.
func (l *serverLog) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close()
}

// reason gives the last line that says why the server stopped, without its
// timestamp.
func (l *serverLog) reason() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.tail)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		for _, level := range []string{"FATAL:", "PANIC:", "error:"} {
			if _, text, ok := strings.Cut(lines[i], level); ok {
				return strings.TrimSpace(text)
			}
		}
	}
	return lines[len(lines)-1]
}
