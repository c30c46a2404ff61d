package sftp

import (
	"context"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// link keeps one session and hands it to one user at a time.
type link struct {
	turn    chan struct{}
	dial    func(context.Context) (*session, error)
	session *session
	// drains lets work that has begun end though the context does.
	drains bool
}

func newLink(dial func(context.Context) (*session, error)) *link {
	return &link{turn: make(chan struct{}, 1), dial: dial}
}

// do runs f with a session. If a kept session turns out to be dead, f runs
// once more with a new one; f must bear that. There is no other retry.
func (l *link) do(ctx context.Context, f func(*session) error) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	for {
		kept := l.session != nil
		if !kept {
			s, err := l.dial(ctx)
			if ctx.Err() != nil {
				s.close()
				return interrupted(ctx)
			}
			if err != nil {
				return err
			}
			l.session = s
		}
		err := l.run(ctx, f)
		if !l.session.dead {
			return err
		}
		l.session.close()
		l.session = nil
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return interrupted(ctx)
		case !kept:
			return err
		}
	}
}

func (l *link) run(ctx context.Context, f func(*session) error) error {
	if !l.drains {
		s := l.session
		stop := context.AfterFunc(ctx, s.abort)
		defer func() {
			if !stop() {
				s.dead = true
			}
		}()
	}
	return f(l.session)
}

func (l *link) close() {
	l.turn <- struct{}{}
	l.session.close()
	l.session = nil
	<-l.turn
}

func interrupted(ctx context.Context) error {
	return fault.Wrap(context.Cause(ctx), fault.Unavailable, "sftp_interrupted", "The transfer was interrupted before it was complete. It is tried again.")
}
