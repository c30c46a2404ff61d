package embeddedpg

import (
	"maps"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// baseSettings suit a machine of two cores that also runs the hub. They go on
// the command line, which outranks postgresql.conf and ALTER SYSTEM.
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
	"shared_buffers":                    "128MB",
	"work_mem":                          "8MB",
	"maintenance_work_mem":              "64MB",
	"max_wal_size":                      "1GB",
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

// arguments gives postgres's command line for a data directory and a socket
// folder.
func arguments(data, socket string, extra map[string]string) []string {
	all := maps.Clone(baseSettings)
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
