package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// fhirPart measures how many transactions a second the FHIR door answers, each
// after its commit: with posting at work on them, and while it is held. The
// yardstick inserts the same bytes, one Bundle a commit.
func fhirPart(ctx context.Context, b *bench) error {
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	for _, n := range []int{1, 16} {
		var always, alone, inserts []float64
		var shares string
		for range rounds {
			f, s, err := r.fhirRound(ctx, n)
			if err != nil {
				return err
			}
			always, alone, inserts, shares = append(always, f.always), append(alone, f.alone), append(inserts, f.inserts), s
		}
		b.say("%d clients, posting at work: %s", n, shares)
		name := fmt.Sprintf("durable FHIR transactions, %d clients", n)
		if n == 1 {
			name = "durable FHIR transactions, 1 client"
		}
		b.add(against(name, "1/s", median(always), median(inserts), 0.4), shown(name+", posting held", "1/s", median(alone), median(inserts)))
	}
	return r.explained(ctx)
}

func (r *rig) fhirRound(ctx context.Context, clients int) (f ackFigures, shares string, err error) {
	d := r.b.last(1200 * time.Millisecond)
	before := r.usage()
	n, took, err := r.transactions(ctx, clients, d)
	if err != nil {
		return f, "", err
	}
	shares, f.always = r.usage().since(before), rate(n, took)
	if err := r.discard(ctx); err != nil {
		return f, "", err
	}
	release, err := r.holdPosting(ctx)
	if err != nil {
		return f, "", err
	}
	n, took, err = r.transactions(ctx, clients, d)
	release()
	if err != nil {
		return f, "", err
	}
	f.alone = rate(n, took)
	if err := r.discard(ctx); err != nil {
		return f, "", err
	}
	f.inserts, err = r.insertsOf(ctx, clients, d, newFeed().bundle)
	return f, shares, err
}

// transactions has clients post as fast as they are answered, each over one
// connection.
func (r *rig) transactions(ctx context.Context, clients int, d time.Duration) (int64, time.Duration, error) {
	feed := newFeed()
	all := make([]*poster, clients)
	for i := range all {
		p, err := dialHTTP(ctx, r.hub.fhir)
		if err != nil {
			return 0, 0, err
		}
		defer p.conn.Close()
		all[i] = p
	}
	var done atomic.Int64
	start := time.Now()
	err := together(clients, func(i int) error {
		p := newPicker(uint64(r.b.seed()))
		for time.Since(start) < d && ctx.Err() == nil {
			if err := all[i].post(feed.bundle(atomic.AddInt64(&r.next, 1), p)); err != nil {
				return err
			}
			done.Add(1)
		}
		return ctx.Err()
	})
	return done.Load(), time.Since(start), err
}

// poster is one HTTP connection to the hub, one request at a time. It writes
// HTTP by hand, as sender does MLLP: net/http's client takes as much CPU as the
// door itself, on the same cores.
type poster struct {
	conn net.Conn
	in   *bufio.Reader
	head string
	out  []byte
}

func dialHTTP(ctx context.Context, addr string) (*poster, error) {
	s, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	head := "POST /fhir/r4 HTTP/1.1\r\nHost: " + addr + "\r\nContent-Type: application/fhir+json\r\nAccept: application/fhir+json\r\nContent-Length: "
	return &poster{conn: s.conn, in: s.in, head: head}, nil
}

// post sends a Bundle and waits for all of its positive answer.
func (p *poster) post(body []byte) error {
	p.out = strconv.AppendInt(append(p.out[:0], p.head...), int64(len(body)), 10)
	p.out = append(append(p.out, "\r\n\r\n"...), body...)
	_ = p.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := p.conn.Write(p.out); err != nil {
		return err
	}
	status, err := p.line()
	if err != nil {
		return err
	}
	taken := bytes.HasPrefix(status, []byte("HTTP/1.1 200 "))
	length := -1
	for {
		line, err := p.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("the hub did not say how long its answer is")
	}
	if !taken {
		text := make([]byte, length)
		_, err := io.ReadFull(p.in, text)
		return errors.Join(fmt.Errorf("the hub did not take a transaction: %s", text), err)
	}
	_, err = p.in.Discard(length)
	return err
}

// line reads a line of the header, without its end.
func (p *poster) line() ([]byte, error) {
	line, err := p.in.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// bundle is transaction number n: a Procedure, its patient and three Devices
// with lot and expiry, some 2.5 KB.
func (f *feed) bundle(n int64, p picker) []byte {
	b := make([]byte, 0, 2800)
	b = append(b, `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:1","request":{"method":"POST","url":"Procedure"},"resource":{"resourceType":"Procedure",`...)
	b = append(b, `"identifier":[{"system":"https://bench.example/Id/theatre-case","value":"F`...)
	b = padded(b, n, 9)
	b = append(b, `"}],"status":"completed","code":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/OPCS-4","code":"W37.1"}]},"subject":{"reference":"urn:uuid:2"},"performedDateTime":"`...)
	b = append(b, f.day[:4]+"-"+f.day[4:6]+"-"+f.day[6:]+`T09:15:00Z","location":{"identifier":{"value":"`...)
	b = append(b, shelves[n%int64(len(shelves))].room...)
	b = append(b, `"}},"focalDevice":[`...)
	for i := range 3 {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"action":{"coding":[{"system":"http://hl7.org/fhir/device-action","code":"implanted"}]},"manipulated":{"reference":"urn:uuid:`...), int64(3+i), 10)
		b = append(b, `"}}`...)
	}
	b = append(b, `]}},{"fullUrl":"urn:uuid:2","request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","identifier":[{"system":"https://bench.example/Id/patient","value":"T`...)
	b = padded(b, n, 9)
	b = append(b, `"}],"name":[{"family":"Testpatient","given":["Ada"]}],"birthDate":"1954-03-12","gender":"female"}}`...)
	for i := range 3 {
		item := int(p.zipf.Uint64())
		b = strconv.AppendInt(append(b, `,{"fullUrl":"urn:uuid:`...), int64(3+i), 10)
		b = append(b, `","request":{"method":"POST","url":"Device"},"resource":{"resourceType":"Device","udiCarrier":[{"deviceIdentifier":"`...)
		b = append(b, f.gtins[item]...)
		b = append(b, `","issuer":"http://hl7.org/fhir/NamingSystem/gs1-di"}],"expirationDate":"2039-11-30","lotNumber":"L`...)
		b = padded(b, int64(item), 6)
		b = append(b, `","deviceName":[{"name":"Item","type":"user-friendly-name"}]}}`...)
	}
	return append(b, `]}`...)
}
