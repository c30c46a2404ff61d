package mllp_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// nothing is a Receiver that keeps nothing: what is measured is the wire.
type nothing struct{}

func (nothing) Receive(context.Context, connectors.Envelope) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

func BenchmarkFrameReader(b *testing.B) {
	stream := []byte(strings.Repeat(framed(message("C1")+strings.Repeat("NTE|1||text of a line\r", 80)), 100))
	b.SetBytes(int64(len(stream) / 100))
	b.ReportAllocs()
	in := mllp.NewFrameReader(bytes.NewReader(nil), 1<<20)
	for n := 0; b.Loop(); n++ {
		if n%100 == 0 {
			in = mllp.NewFrameReader(bytes.NewReader(stream), 1<<20)
		}
		if _, err := in.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkServerAnswers(b *testing.B) {
	for _, senders := range []int{1, 16} {
		b.Run(fmt.Sprintf("connections=%d", senders), func(b *testing.B) {
			s := mllp.NewServer(mllp.Config{Name: "theatre", Listen: "127.0.0.1:0"}, nil, nil)
			if err := s.Listen(); err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			var ended sync.WaitGroup
			ended.Go(func() { _ = s.Run(ctx, nothing{}) })
			frame := []byte(framed(message("C1") + strings.Repeat("NTE|1||text of a line\r", 80)))
			b.ReportAllocs()
			b.ResetTimer()
			var all sync.WaitGroup
			for range senders {
				all.Go(func() {
					nc, err := net.Dial("tcp", s.Addr().String())
					if err != nil {
						b.Error(err)
						return
					}
					defer nc.Close()
					in := mllp.NewFrameReader(nc, 1<<20)
					for range b.N/senders + 1 {
						if _, err := nc.Write(frame); err != nil {
							b.Error(err)
							return
						}
						if _, err := in.Next(); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			cancel()
			ended.Wait()
		})
	}
}
