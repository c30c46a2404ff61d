package pipeline

import (
	"context"
	"maps"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// FormatFHIR is the format of messages that bring resources.
const FormatFHIR = "fhir"

// Resources reads FHIR resources that were stored before, inside the
// transaction that ctx carries.
type Resources interface {
	// ResourceNow gives the latest version where number is 0.
	ResourceNow(ctx context.Context, trust, kind, id string, number int64) (fhir.Version, error)
	// Referring lists the messages that refer to a resource of which one of
	// the given messages brought a new version.
	Referring(ctx context.Context, trust string, messages []int64) ([]int64, error)
}

// concerned adds to a batch the messages that refer to what its messages
// changed: a Device that is corrected corrects the uses that were told of it.
// They are read anew, and stored has them.
func (p *Poster) concerned(ctx context.Context, trust string, t *Trust, ids []int64, stored map[int64]journal.Stored, again map[int64]bool) ([]int64, map[int64]bool, error) {
	var resources []int64
	for _, id := range ids {
		if stored[id].Format == FormatFHIR {
			resources = append(resources, id)
		}
	}
	if len(resources) == 0 || t.Resources == nil {
		return ids, again, nil
	}
	more, err := t.Resources.Referring(ctx, trust, resources)
	if err != nil || len(more) == 0 {
		return ids, again, err
	}
	found, err := p.Messages.Load(ctx, trust, more)
	if err != nil {
		return nil, nil, err
	}
	all, anew := append([]int64(nil), ids...), maps.Clone(again)
	if anew == nil {
		anew = map[int64]bool{}
	}
	for _, id := range more {
		if _, among := stored[id]; among {
			continue // its turn comes in this batch
		}
		m, kept := found[id]
		if !kept {
			p.left(trust, id, "message_pruned")
			continue
		}
		all, anew[id], stored[id] = append(all, id), true, m
	}
	return all, anew, nil
}

// left tells that a message could not be read anew.
func (p *Poster) left(trust string, id int64, code string) {
	if p.Log != nil {
		p.Log.Warn("a device was corrected, and a message that tells of its use could not be read again: the use stays as it was told; correct it by hand, or mend what stops the message and replay it", "trust", trust, "message", id, "code", code)
	}
}

// looking lets a translation find resources that were stored before, and notes
// why it could not.
type looking struct{ failed error }

func (l *looking) at(ctx context.Context, trust string, t *Trust, message int64, in *mapping.Input) {
	in.Name = t.Name
	if t.Resources == nil {
		return
	}
	look := func(kind, id string, number int64) fhir.Version {
		if l.failed != nil {
			return fhir.Version{}
		}
		v, err := t.Resources.ResourceNow(ctx, trust, kind, id, number)
		if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Stopped) {
			l.failed = err
		}
		return v
	}
	in.Stored = func(kind, id string) []byte { return look(kind, id, 0).Raw }
	in.Brought = func(kind, id string) bool { return look(kind, id, message).Raw != nil }
}
