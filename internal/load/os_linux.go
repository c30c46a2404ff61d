package main

import "syscall"

// ownGroup keeps an interrupt from the terminal from the hub, which is ended
// in its own turn, and has the kernel end it should this process die.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
