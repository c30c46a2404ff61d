//go:build unix && !linux

package main

import (
	"os"
	"syscall"
	"time"
)

// ownGroup keeps an interrupt from the terminal from a child, which the bench
// stops in its own order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// sleepUntil sleeps as exactly as the runtime does.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }

// peakMB is not known here: systems count it in different units.
func peakMB(*os.ProcessState) float64 { return 0 }
