package console

import (
	"context"
	"net/http"
	"strings"
)

type commandKey struct{}

// withCommand lets the pages write commands as people here call them.
func (c *console) withCommand(r *http.Request) *http.Request {
	if c.Command == "" {
		return r
	}
	command := c.Command
	if trust := r.PathValue("trust"); c.Several && trust != "" {
		command += " --trust " + trust
	}
	return r.WithContext(context.WithValue(r.Context(), commandKey{}, command))
}

// commandLine is a command to paste, which line writes for "stockwell".
func commandLine(ctx context.Context, line string) string {
	name, ok := ctx.Value(commandKey{}).(string)
	if rest, is := strings.CutPrefix(line, "stockwell "); ok && is {
		return name + " " + rest
	}
	return line
}
