package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// printMachine states what the figures were measured on.
func printMachine(folder string) {
	fmt.Printf("machine: %d cores (%s), %s memory, %s %s, folder on %s\n", runtime.NumCPU(), field("/proc/cpuinfo", "model name"),
		gigabytes(field("/proc/meminfo", "MemTotal")), runtime.GOOS, firstWord("/proc/sys/kernel/osrelease"), filesystem(folder))
	fmt.Printf("Go: %s; date: %s\n", runtime.Version(), time.Now().Format(time.DateOnly))
	fmt.Printf("input: DFT^P03 of 12 FT1 with lot and expiry, %d bytes, control IDs, patients and cases distinct, items by Zipf out of %d\n", len(newFeed().message(1, newPicker(1))), catalogueItems)
	fmt.Println("hub, PostgreSQL and generator share these cores; each part states their shares of CPU")
}

// field reads "name : value" of a file under /proc.
func field(file, name string) string {
	raw, _ := os.ReadFile(file)
	for line := range strings.Lines(string(raw)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "not told"
}

func gigabytes(kilobytes string) string {
	n, err := strconv.ParseFloat(strings.TrimSuffix(kilobytes, " kB"), 64)
	if err != nil {
		return kilobytes
	}
	return fmt.Sprintf("%.1f GiB", n/(1<<20))
}

func firstWord(file string) string {
	raw, _ := os.ReadFile(file)
	word, _, _ := strings.Cut(strings.TrimSpace(string(raw)), " ")
	return word
}

// filesystem names the type of the folder's file system. tmpfs makes every
// commit look cheap.
func filesystem(folder string) string {
	out, err := exec.Command("stat", "-f", "-c", "%T", folder).Output()
	if err != nil {
		return "a file system that is not told"
	}
	name := strings.TrimSpace(string(out))
	if name == "tmpfs" {
		name += " (no disk: commits cost nothing here, use --dir)"
	}
	return name
}

// clockTick is what /proc counts CPU time in.
const clockTick = 10 * time.Millisecond

// cpuTime is what a process has used, and the children that it saw end.
func cpuTime(pid int) time.Duration {
	f := statFields(pid)
	if len(f) < 15 {
		return 0
	}
	var ticks int64
	for _, s := range f[11:15] { // user and system, its own and its children's
		n, _ := strconv.ParseInt(s, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

// statFields are /proc/PID/stat after the name: state, parent and so on.
func statFields(pid int) []string {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, ok := strings.Cut(string(raw), ") ")
	if !ok {
		return nil
	}
	return strings.Fields(after)
}

// childrenOf lists a process and those that it started.
func childrenOf(parent int) []int {
	out := []int{parent}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if f := statFields(pid); len(f) > 1 && f[1] == strconv.Itoa(parent) {
			out = append(out, pid)
		}
	}
	return out
}

// residentMB is a process's resident memory in MB.
func residentMB(pid int) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS"), " kB"), 64)
	return n * 1024 / 1e6
}

// usage is CPU time by who used it.
type usage struct {
	at                       time.Time
	generator, hub, database time.Duration
	all                      time.Duration // of the whole machine
}

// usageOf reads CPU times now; a process number of 0 is nobody.
func usageOf(hub, postmaster int) usage {
	u := usage{at: time.Now(), generator: cpuTime(os.Getpid()), all: machineTime()}
	if hub > 0 {
		u.hub = cpuTime(hub)
	}
	if postmaster > 0 {
		for _, pid := range childrenOf(postmaster) {
			u.database += cpuTime(pid)
		}
	}
	return u
}

// machineTime is what all processes have used.
func machineTime() time.Duration {
	raw, _ := os.ReadFile("/proc/stat")
	first, _, _ := strings.Cut(string(raw), "\n")
	var busy int64
	for i, f := range strings.Fields(first) {
		if n, err := strconv.ParseInt(f, 10, 64); err == nil && i != 4 && i != 5 && i < 9 { // idle, waiting for the disk; guests count twice
			busy += n
		}
	}
	return time.Duration(busy) * clockTick
}

// since says how the cores were shared from then to u.
func (u usage) since(then usage) string {
	total := u.at.Sub(then.at).Seconds() * float64(runtime.NumCPU())
	share := func(d time.Duration) float64 { return 100 * max(d.Seconds(), 0) / total }
	generator, hub, database := u.generator-then.generator, u.hub-then.hub, u.database-then.database
	return fmt.Sprintf("CPU: generator %.0f%%, hub %.0f%%, PostgreSQL %.0f%%, others and kernel %.0f%% of %d cores", share(generator), share(hub), share(database),
		share(u.all-then.all-generator-hub-database), runtime.NumCPU())
}

// each gives the CPU time of hub and PostgreSQL from then to u for each of n
// messages, in milliseconds. Other work on the machine changes it little.
func (u usage) each(then usage, n int64) float64 {
	return (u.hub - then.hub + u.database - then.database).Seconds() * 1000 / float64(n)
}
