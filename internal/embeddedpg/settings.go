package embeddedpg

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// baseSettings suit a machine of two cores that also runs the hub. They go on
// the command line, which outranks postgresql.conf and ALTER SYSTEM.
//
// A new segment of the log is not filled with zeros first: that stops every
// commit for some 60 ms, again and again while much is written
// (docs/benchmarks.md, 'While a catalogue is loaded').
//
// The log keeps starts, stops and crashes (log, fatal, panic) but no failed
// statement and no detail: those quote values, which may be a patient's.
var baseSettings = map[string]string{
	"listen_addresses":                  "",
	"port":                              "5432",
	"unix_socket_permissions":           "0700",
	"fsync":                             "on",
	"full_page_writes":                  "on",
	"synchronous_commit":                "on",
	"max_connections":                   "100",
	"work_mem":                          "8MB",
	"maintenance_work_mem":              "64MB",
	"max_wal_size":                      "2GB",
	"min_wal_size":                      "512MB",
	"wal_compression":                   "lz4",
	"wal_init_zero":                     "off",
	"jit":                               "off",
	"timezone":                          "UTC",
	"log_timezone":                      "UTC",
	"log_destination":                   "stderr",
	"logging_collector":                 "off",
	"log_min_messages":                  "log",
	"log_min_error_statement":           "panic",
	"log_error_verbosity":               "terse",
	"log_statement":                     "none",
	"log_checkpoints":                   "off",
	"log_parameter_max_length":          "0",
	"log_parameter_max_length_on_error": "0",
}

// fixed settings are what durability and privacy rest on: no caller changes
// them.
var fixed = []string{
	"fsync", "full_page_writes", "synchronous_commit", "listen_addresses", "port",
	"unix_socket_directories", "unix_socket_permissions", "data_directory", "hba_file",
}

// refuseUnsafe fails if extra changes a fixed setting.
func refuseUnsafe(extra map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if slices.Contains(fixed, strings.ToLower(name)) {
			return fault.New(fault.Denied, "setting_fixed",
				"The database setting %s cannot be changed: the safety of stored messages rests on it.", name)
		}
	}
	return nil
}

// sharedBuffers is an eighth of the machine's memory, between 128 MB and 2 GB:
// a hub's working set fits, and hub and page cache keep theirs. memory is in
// bytes; 0 is not known.
func sharedBuffers(memory int64) string {
	return strconv.FormatInt(min(max(memory/8>>20, 128), 2048), 10) + "MB"
}

// memory is what this process may use, in bytes: the machine's, or its
// container's where that is less; 0 if the system does not tell.
func memory() int64 {
	var total int64
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		_, _ = fmt.Sscanf(string(raw), "MemTotal: %d kB", &total)
		total <<= 10
	}
	if raw, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.ParseInt(strings.TrimSpace(string(raw)), 10, 64); err == nil && (total == 0 || limit < total) {
			total = limit
		}
	}
	return total
}

// arguments gives postgres's command line for a data directory and a socket
// folder.
func arguments(data, socket string, extra map[string]string) []string {
	all := maps.Clone(baseSettings)
	all["shared_buffers"] = sharedBuffers(memory())
	for name, value := range extra {
		all[strings.ToLower(name)] = value
	}
	all["unix_socket_directories"] = socket
	args := []string{"-D", data}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		args = append(args, "-c", name+"="+all[name])
	}
	return args
}
