package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// receiveResources is the statement for messages that bring resources.
const receiveResources = `SELECT o_ord, o_message_id, o_duplicate, o_reused FROM receive_resources($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)`

// resourcesOf gives the further arguments of receiveResources; nil if none of
// the messages brings a resource.
func resourcesOf(in []connectors.Envelope) []any {
	var of, by, from, to []int
	var ofType, ofID, byType, byID []string
	for i, e := range in {
		for _, p := range e.Parts {
			of, ofType, ofID, from, to = append(of, i+1), append(ofType, p.Kind), append(ofID, p.Name), append(from, p.From), append(to, p.To)
		}
		for _, p := range e.Refers {
			by, byType, byID = append(by, i+1), append(byType, p.Kind), append(byID, p.Name)
		}
	}
	if of == nil {
		return nil
	}
	return []any{of, ofType, ofID, from, to, by, byType, byID}
}

// Known gives where a resource stands, without its bytes: its latest version,
// or the one of this number. It fails with fault.NotFound.
func (s *Store) Known(ctx context.Context, trust, kind, id string, number int64) (v fhir.Version, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		v, _, _, err = s.version(ctx, trust, kind, id, number)
		return err
	})
	return v, err
}

// Resource gives a resource as its client sent it: its latest version, or the
// one of this number. It fails with fault.NotFound if there is none, and with
// the code resource_pruned if its bytes are no longer kept.
func (s *Store) Resource(ctx context.Context, trust, kind, id string, number int64) (v fhir.Version, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		v, err = s.ResourceNow(ctx, trust, kind, id, number)
		return err
	})
	return v, err
}

// ResourceNow is Resource inside the transaction that ctx carries.
func (s *Store) ResourceNow(ctx context.Context, trust, kind, id string, number int64) (fhir.Version, error) {
	v, from, to, err := s.version(ctx, trust, kind, id, number)
	if err != nil {
		return v, err
	}
	found, err := s.Load(ctx, trust, []int64{v.Number})
	if err != nil {
		return v, err
	}
	m, kept := found[v.Number]
	if !kept {
		return v, fault.New(fault.NotFound, "resource_pruned", "The resource was here. Its bytes were pruned, as the archive's retention says.")
	}
	if m.Unreadable != nil {
		return v, m.Unreadable
	}
	if to > len(m.Raw) {
		return v, changed()
	}
	v.Raw = m.Raw[from:to]
	return v, nil
}

func (s *Store) version(ctx context.Context, trust, kind, id string, number int64) (v fhir.Version, from, to int, err error) {
	const query = `SELECT message_id, stored_at, from_byte, to_byte, NOT EXISTS (
			SELECT 1 FROM fhir_resource e WHERE e.trust = r.trust AND e.type = r.type AND e.id = r.id AND e.message_id < r.message_id)
		FROM fhir_resource r WHERE trust = $1 AND type = $2 AND id = $3 AND ($4 = 0 OR message_id = $4) ORDER BY message_id DESC LIMIT 1`
	v.Type, v.ID = kind, id
	var at time.Time
	err = pgtx.From(ctx).QueryRow(ctx, query, trust, kind, id, number).Scan(&v.Number, &at, &from, &to, &v.First)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, 0, 0, fault.New(fault.NotFound, "resource_unknown", "There is no such resource here.")
	}
	v.StoredAt = at
	return v, from, to, err
}

// Repeat gives the number of a message that came before with the same digest,
// by the same connector, sender and control ID; 0 if none did.
func (s *Store) Repeat(ctx context.Context, trust, connector, sender, control string, digest [32]byte) (message int64, err error) {
	const query = `SELECT message_id FROM message_key WHERE trust = $1 AND connector = $2 AND sender = $3 AND control_id = $4 AND digest = $5`
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		err := pgtx.From(ctx).QueryRow(ctx, query, trust, connector, fit(sender), fit(control), digest[:]).Scan(&message)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return message, err
}

// Referring lists the messages that refer to a Device of which one of the
// given messages brought a version, inside the transaction that ctx
// carries.
func (s *Store) Referring(ctx context.Context, trust string, messages []int64) ([]int64, error) {
	// OFFSET 0 has each message's Devices looked up, and each Device's messages:
	// a join would go through all that was ever stored.
	const query = `SELECT DISTINCT r.message_id
		  FROM unnest($2::bigint[]) AS u (id)
		 CROSS JOIN LATERAL (SELECT p.id FROM fhir_resource p WHERE p.trust = $1 AND p.message_id = u.id AND p.type = 'Device' OFFSET 0) p
		 CROSS JOIN LATERAL (SELECT f.message_id FROM fhir_reference f WHERE f.trust = $1 AND f.type = 'Device' AND f.id = p.id OFFSET 0) r
		 WHERE r.message_id <> ALL ($2) ORDER BY 1`
	return collect(ctx, pgtx.From(ctx), query, pgx.RowTo[int64], trust, messages)
}
