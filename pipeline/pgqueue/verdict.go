package pgqueue

import (
	"context"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

type verdictKey struct{}

// A verdict is what a handler says of a message that it will not acknowledge.
type verdict struct {
	stop *Stop
	err  error
}

// Refuse tells the subscriber why the message of ctx is not acknowledged:
// with a stop it is set aside for a person, else it is tried again later and
// err's text is shown meanwhile. ctx is the Watermill message's.
func Refuse(ctx context.Context, err error, stop *Stop) {
	if v, ok := ctx.Value(verdictKey{}).(*verdict); ok {
		v.err, v.stop = err, stop
	}
}

func (v *verdict) reason() (code, text string) {
	if v.err == nil {
		return "failed", "The step failed and is tried again."
	}
	f := fault.Of(v.err)
	return f.Code, f.Text
}
