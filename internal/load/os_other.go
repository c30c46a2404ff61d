//go:build unix && !linux

package main

import "syscall"

// ownGroup keeps an interrupt from the terminal from the hub, which is ended
// in its own turn.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
