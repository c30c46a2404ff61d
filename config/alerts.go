package config

// Alerts says from when on the hub tells people of a state of its own. Each
// alerts once when it begins and once when it ends.
type Alerts struct {
	// Least free space of the data folder, which holds the embedded database.
	DiskFree Size `yaml:"disk_free" unit:"size, as 512MiB" default:"1GiB"`
	// Most messages that may wait for their posting in a trust.
	Backlog int `yaml:"backlog" unit:"messages" default:"10000" validate:"min=1"`
	// How long the oldest message may wait for its posting.
	BacklogAge Duration `yaml:"backlog_age" unit:"duration" default:"5m"`
}

// Tracing says whether and where traces of messages go. A trace names message
// and order numbers, connectors and codes, and holds no patient data.
type Tracing struct {
	// Address of a collector that takes OTLP over HTTP.
	Endpoint string `yaml:"endpoint" unit:"URL" special:"empty: none" example:"http://127.0.0.1:4318" validate:"omitempty,collector"`
	// Header lines for the collector, as `authorization=Bearer …`, one in a line.
	Headers Ref `yaml:"headers" unit:"reference" special:"empty: none" example:"file:secrets/collector.headers"`
	// File that traces are appended to as JSON, relative to the data folder.
	File string `yaml:"file" unit:"path" special:"empty: none" example:"traces.jsonl"`
	// One of how many messages is traced. Which ones follows from their numbers, so that all hubs agree.
	OneIn int `yaml:"one_in" unit:"messages" default:"100" special:"1: every message" validate:"min=1"`
}
