package pgqueue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// A fate is what happens to a message each time it is handled, until the last
// entry, which stays.
type fate []string

// Each key's messages have their effect in order and once, whatever happens to
// them on the way; only a stopped one has none.
func TestQueue_EachKeysMessagesTakeEffectInOrderAndOnce(t *testing.T) {
	b := newBench(t)
	rapid.Check(t, func(rt *rapid.T) {
		b.exec(`TRUNCATE effect, queue_stopped`)
		var mu sync.Mutex
		fates := map[string]fate{}
		lot := func(m pgqueue.Message) string {
			mu.Lock()
			defer mu.Unlock()
			f := fates[m.UUID]
			if len(f) > 1 {
				fates[m.UUID] = f[1:]
			}
			return f[0]
		}
		handle := handler(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
			fail := false
			results, err := outcomes(func(m pgqueue.Message) (r pgqueue.Result) {
				switch lot(m) {
				case "retry":
					r.Retry = fault.New(fault.Unavailable, "later", "Later.")
				case "park":
					r.Stop = &pgqueue.Stop{Step: "s", Code: "parked", Text: "Look.", Park: true}
				case "stop":
					r.Stop = &pgqueue.Stop{Step: "s", Code: "stopped", Text: "Look."}
				case "fail":
					fail = true
					if len(batch) == 1 { // alone it would be stopped
						fail, r.Retry = false, fault.New(fault.Unavailable, "later", "Later.")
					}
				}
				return r
			})(ctx, batch)
			if fail {
				return nil, errors.New("the batch failed")
			}
			return results, err
		})
		var stops []func()
		for range 2 {
			c := b.consumer(handle)
			c.Workers, c.BatchSize, c.Poll = 2, rapid.IntRange(1, 20).Draw(rt, "batch"), 2*time.Millisecond
			stops = append(stops, b.run(c))
		}
		pass := func() { b.exec(`UPDATE queue_hold SET until = clock_timestamp() WHERE until > clock_timestamp()`) }
		step := rapid.SampledFrom([]string{"go", "go", "go", "retry", "fail", "park", "stop"})
		want, stopped := map[int64][]string{}, 0
		for i := range rapid.IntRange(1, 40).Draw(rt, "messages") {
			key := rapid.SampledFrom([]int64{1, 2, 1025, 3}).Draw(rt, "key")
			name := fmt.Sprintf("%d-%d", key, i)
			f := fate(rapid.SliceOfN(step, 1, 4).Draw(rt, "fate"))
			last := f[len(f)-1]
			if last == "retry" || last == "fail" {
				f, last = append(f, "go"), "go"
			}
			for j, x := range f {
				if x == "stop" || x == "park" || x == "go" { // these settle it
					f, last = f[:j+1], x
					break
				}
			}
			mu.Lock()
			fates[name] = f
			mu.Unlock()
			if last == "go" {
				want[key] = append(want[key], name)
			} else {
				stopped++
			}
			b.publish(topic, trust, key, name)
			if rapid.IntRange(0, 4).Draw(rt, "time passes") == 0 {
				pass()
			}
		}
		b.until("all are settled", func() bool {
			pass()
			return b.count(`SELECT (SELECT count(*) FROM queue_message) + (SELECT count(*) FROM queue_held)`) == 0
		})
		for _, stop := range stops {
			stop()
		}
		if wrong := b.disorder(want); wrong != "" {
			rt.Fatal(wrong, b.strings(`SELECT uuid || ' ' || code || ' ' || text FROM queue_stopped`))
		}
		if n := b.count(`SELECT count(*) FROM queue_stopped`); n != stopped {
			rt.Fatalf("%d of %d messages were stopped", n, stopped)
		}
	})
}
