package store

import (
	"encoding/json"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
)

const selectOrders = `SELECT o.id, o.number, o.supplier, o.deliver_to, o.state, o.value::text, o.currency, o.automatic, o.created_at, coalesce(o.answered_by, 0),
	(SELECT coalesce(json_agg(json_build_object('line', l.line, 'place', l.place, 'item', l.item, 'cycle', coalesce(l.cycle, 0), 'packs', l.packs, 'pack_size', l.pack_size,
		'unit_price', l.unit_price::text, 'value', l.value::text, 'state', l.state, 'open_packs', l.open_packs, 'confirmed', coalesce(l.confirmed_packs, CASE WHEN l.state IN ('rejected', 'closed') THEN 0 ELSE l.packs END), 'received', l.received, 'substituted', l.substituted, 'expected', coalesce(l.expected_on::text, ''),
		'reason', l.reason, 'movement', coalesce(l.movement, 0), 'message', l.message_id, 'origin', l.origin, 'profile', l.profile) ORDER BY l.line), '[]')
	   FROM purchase_order_line l WHERE l.trust = o.trust AND l.order_id = o.id)
	FROM purchase_order o`

type orderLineRow struct {
	Line      int             `json:"line"`
	Place     int64           `json:"place"`
	Item      int64           `json:"item"`
	Cycle     int64           `json:"cycle"`
	Packs     int64           `json:"packs"`
	PackSize  int64           `json:"pack_size"`
	UnitPrice decimal.Decimal `json:"unit_price"`
	Value     decimal.Decimal `json:"value"`
	State     string          `json:"state"`
	OpenPacks int64           `json:"open_packs"`
	Confirmed int64           `json:"confirmed"`
	Received  int64           `json:"received"`
	Other     int64           `json:"substituted"`
	Expected  string          `json:"expected"`
	Reason    string          `json:"reason"`
	Movement  int64           `json:"movement"`
	Message   int64           `json:"message"`
	Origin    string          `json:"origin"`
	Profile   string          `json:"profile"`
}

func scanOrder(row pgx.CollectableRow) (*purchasing.Order, error) {
	o := &purchasing.Order{}
	var lines []byte
	var value string
	err := row.Scan(&o.ID, &o.Number, &o.Supplier, &o.DeliverTo, &o.State, &value, &o.Currency, &o.Automatic, &o.CreatedAt, &o.AnsweredBy, &lines)
	if err != nil {
		return nil, err
	}
	if o.Value, err = decimal.Parse(value); err != nil {
		return nil, err
	}
	var rows []orderLineRow
	if err := json.Unmarshal(lines, &rows); err != nil {
		return nil, err
	}
	for _, r := range rows {
		o.Lines = append(o.Lines, purchasing.OrderLine{
			Line: r.Line, Place: inventory.PlaceID(r.Place), Item: itemID(r.Item), Cycle: r.Cycle, Packs: r.Packs, PackSize: r.PackSize,
			UnitPrice: r.UnitPrice, Value: r.Value, State: r.State, OpenPacks: r.OpenPacks, Confirmed: r.Confirmed, Received: r.Received, Substituted: r.Other, Expected: r.Expected, Reason: r.Reason,
			Movement: inventory.MovementID(r.Movement), Cause: inventory.Cause{Message: r.Message, Origin: r.Origin, Profile: r.Profile},
		})
	}
	return o, nil
}

// startOfDay is the first moment of t's day in zone.
func startOfDay(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, zone)
}
