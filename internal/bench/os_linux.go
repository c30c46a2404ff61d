package main

import (
	"os"
	"syscall"
	"time"
)

// ownGroup keeps an interrupt from the terminal from a child, which the bench
// stops in its own order, and has the kernel end it should the bench die.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// sleepUntil sleeps in the kernel, which is exact to some 60 µs; the runtime's
// timers are to a millisecond when nothing else runs.
func sleepUntil(at time.Time) {
	for d := time.Until(at); d > 0; d = time.Until(at) {
		t := syscall.NsecToTimespec(int64(d))
		_ = syscall.Nanosleep(&t, nil) // woken early, it sleeps again
	}
}

// peakMB is the most memory that a process that ended had.
func peakMB(p *os.ProcessState) float64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return float64(u.Maxrss) / 1024 // kibibytes
	}
	return 0
}
