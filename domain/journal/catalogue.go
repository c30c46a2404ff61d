package journal

import (
	"strings"
	"time"
)

// Load is a catalogue file that was taken in, or not.
type Load struct {
	ID      int64  `json:"id"`
	Trust   string `json:"trust,omitempty"` // empty: the national catalogue
	Source  string `json:"source"`
	Profile string `json:"profile"`
	Mode    string `json:"mode"` // full, delta
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Digest  []byte `json:"-"`
	// State is checking, publishing, published, unchanged, waits, refused, tried
	// or died.
	State     string           `json:"state"`
	Rows      int64            `json:"rows"`
	Added     int64            `json:"added"`
	Changed   int64            `json:"changed"`
	Same      int64            `json:"unchanged"`
	Suspended int64            `json:"suspended"`
	Removed   int64            `json:"removed"`
	Rejected  int64            `json:"rejected"`
	Fields    map[string]int64 `json:"fields"`
	// Rejections counts the problems of rejected rows by their codes.
	Rejections map[string]int64 `json:"rejections"`
	// Text says what became of it, where the state does not say all.
	Text       string     `json:"text,omitempty"`
	AcceptedBy string     `json:"accepted_by,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
}

// Product is a product as one source tells it.
type Product struct {
	Source string `json:"source"`
	// Rank is how much the source counts beside others: the lowest first.
	Rank           int16         `json:"rank"`
	Key            string        `json:"key"`
	Description    string        `json:"description"`
	Manufacturer   string        `json:"manufacturer"`
	MPC            string        `json:"mpc"`
	NPC            string        `json:"npc"`
	BaseUnit       string        `json:"base_unit"`
	OrderUnits     int64         `json:"order_units"`
	Supplier       string        `json:"supplier"`
	SupplierCode   string        `json:"supplier_code"`
	Route          string        `json:"route"`
	EClass         string        `json:"eclass"`
	GMDN           string        `json:"gmdn"`
	EMDN           string        `json:"emdn"`
	DeviceClass    string        `json:"device_class"`
	Implantable    *bool         `json:"implantable"`
	Reportable     *bool         `json:"reportable"`
	LotTracked     *bool         `json:"lot_tracked"`
	Serial         *bool         `json:"serial_tracked"`
	Expiry         *bool         `json:"expiry_tracked"`
	Packs          []ProductPack `json:"packs"`
	Codes          []ProductCode `json:"codes"`
	Price          *ProductPrice `json:"price"`
	Alternatives   []Alternative `json:"alternatives"`
	Suspended      bool          `json:"suspended"`
	SuspendedWhy   string        `json:"suspended_reason,omitempty"`
	SuspendedFrom  string        `json:"suspended_from,omitempty"`
	SuspendedTo    string        `json:"suspended_to,omitempty"`
	Discontinued   bool          `json:"discontinued"`
	DiscontinuedOn string        `json:"discontinued_on,omitempty"`
	// Removed says that the source tells of it no longer.
	Removed bool `json:"removed"`
	// ToldOn is the day from which the source has said what stands here.
	ToldOn string `json:"told_on"`
	// Approved is what the trust decided, if it did.
	Approved *Approval `json:"approved,omitempty"`
}

// ProductPack is a pack level; Ratio is how many base units it holds.
type ProductPack struct {
	Unit   string `json:"unit"`
	Ratio  int64  `json:"ratio"`
	Issuer string `json:"issuer,omitempty"`
	DI     string `json:"di,omitempty"`
}

// ProductCode is a further code with the days between which it counts.
type ProductCode struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// ProductPrice is what one pack of Units base units costs.
type ProductPrice struct {
	Bands    []PriceBand `json:"bands"`
	Currency string      `json:"currency"`
	Tax      string      `json:"tax"` // exclusive, inclusive, exempt
	Units    int64       `json:"units"`
	From     string      `json:"from"`
	To       string      `json:"to,omitempty"`
	// ToldOn is when it was told, if that was after its first day.
	ToldOn string `json:"told_on,omitempty"`
}

// PriceBand is the price where at least FromPacks packs are bought.
type PriceBand struct {
	FromPacks int64  `json:"from_packs"`
	Price     string `json:"price"`
}

// Alternative is a product or item that may stand in for another. One that is
// not direct needs a clinician.
type Alternative struct {
	Kind string `json:"kind"` // direct, indirect
	Key  string `json:"key"`
	// Description is empty where it is not in the catalogue.
	Description string `json:"description"`
	By          string `json:"by,omitempty"`
	// State is empty where it can be had, else suspended, discontinued or removed.
	State string `json:"state,omitempty"`
}

// Approval is whether a trust lets a product be bought.
type Approval struct {
	Approved bool      `json:"approved"`
	By       string    `json:"by"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
}

// CatalogueItem is an item of the trust, with its price on a day.
type CatalogueItem struct {
	Item         string        `json:"item"`
	Description  string        `json:"description"`
	BaseUnit     string        `json:"base_unit"`
	PackSize     int64         `json:"pack_size"`
	Supplier     string        `json:"supplier"`
	Manufacturer string        `json:"manufacturer"`
	DeviceClass  string        `json:"device_class"`
	LotTracked   bool          `json:"lot_tracked"`
	Serial       bool          `json:"serial_tracked"`
	Expiry       bool          `json:"expiry_tracked"`
	Implantable  bool          `json:"implantable"`
	Reportable   bool          `json:"reportable"`
	Codes        []ItemCode    `json:"codes"`
	Price        *ProductPrice `json:"price"`
	Alternatives []Alternative `json:"alternatives"`
}

// ItemCode is a code of an item; Ratio is the base units that it stands for.
// One that a person took from the item has the day until which it was its.
type ItemCode struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	Ratio int64  `json:"ratio"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// CatalogueHit is one answer to a search.
type CatalogueHit struct {
	// Item is the trust's own code; Source and Key are a product's. One of both
	// is there.
	Item         string `json:"item,omitempty"`
	Source       string `json:"source,omitempty"`
	Key          string `json:"key,omitempty"`
	Description  string `json:"description"`
	Manufacturer string `json:"manufacturer"`
	// Matched is the code that was found, as "gtin 05012345000121", with the
	// base units that it stands for.
	Matched string `json:"matched,omitempty"`
	Ratio   int64  `json:"ratio,omitempty"`
	// State is empty, suspended, discontinued or removed.
	State string `json:"state,omitempty"`
}

// CatalogueSearch is what was searched for.
type CatalogueSearch struct {
	Text  string
	Limit int
	Page  int // from 1
}

// MostHits is how many answers a page may have.
const MostHits = 200

// CatalogueFound is a page of answers.
type CatalogueFound struct {
	Text string `json:"text"`
	// By is how it was found: code, scan, words, or near: no product has all of
	// the words.
	By   string         `json:"by"`
	Hits []CatalogueHit `json:"hits"`
	// Total counts all answers. Where there are more than are listed, More says
	// so, and Total is how many are.
	Total int  `json:"total"`
	More  bool `json:"more"`
	Page  int  `json:"page"`
	Limit int  `json:"limit"` // of a page
	// Read are the words that were searched for in place of mistyped ones.
	Read map[string][]string `json:"read,omitempty"`
	// Scan is what a scanned symbol said beside the product.
	Scan *ScanFacts `json:"scan,omitempty"`
}

// ScanFacts are a scan's lot, serial number and dates.
type ScanFacts struct {
	DI       string   `json:"di"`
	Lot      string   `json:"lot,omitempty"`
	Serial   string   `json:"serial,omitempty"`
	Expiry   string   `json:"expiry,omitempty"`
	Findings []string `json:"findings,omitempty"`
}

// CatalogueEntry is all that is known of what a code names.
type CatalogueEntry struct {
	Text string `json:"text"`
	// On is the day for which it is told.
	On       string          `json:"on"`
	Items    []CatalogueItem `json:"items"`
	Products []Product       `json:"products"`
	// Answers say for each thing that the items and products are, which may be
	// one, what counts of each field.
	Answers []Answers           `json:"answers"`
	Open    []CatalogueConflict `json:"conflicts"`
}

// Answers are what counts of one thing. Of names its items and products, in
// the order of their precedence.
type Answers struct {
	Of     []string      `json:"of"`
	Fields []FieldAnswer `json:"fields"`
}

// FieldAnswer is what counts of a field, whose word it is, and who says
// otherwise.
type FieldAnswer struct {
	Field  string       `json:"field"`
	Value  string       `json:"value"`
	Source string       `json:"source"`
	Others []OtherValue `json:"others,omitempty"`
}

// FieldLabel is a field's name as people read it.
func FieldLabel(field string) string {
	if field == "code_of_1" {
		return "code of one unit"
	}
	if of, ok := strings.CutPrefix(field, "code_of_"); ok {
		return "code of a pack of " + of
	}
	if label, ok := fieldLabels[field]; ok {
		return label
	}
	return strings.ReplaceAll(field, "_", " ")
}

var fieldLabels = map[string]string{"mpc": "maker's number", "npc": "NPC", "eclass": "NHS-eClass", "gmdn": "GMDN", "emdn": "EMDN", "base_unit": "unit"}

// OtherValue is what another says of a field.
type OtherValue struct {
	Source string `json:"source"`
	Value  string `json:"value"`
}

// CatalogueConflict is a disagreement that waits for a person.
type CatalogueConflict struct {
	ID        int64      `json:"id"`
	Trust     string     `json:"trust,omitempty"` // empty: between sources
	Kind      string     `json:"kind"`
	Code      string     `json:"code"`
	A         string     `json:"a"`
	B         string     `json:"b"`
	Text      string     `json:"text"`
	OpenedAt  time.Time  `json:"opened_at"`
	ClosedAt  *time.Time `json:"closed_at,omitempty"`
	ClosedBy  string     `json:"closed_by,omitempty"`
	ClosedWhy string     `json:"closed_why,omitempty"`
}

// CatalogueQuality says how good a catalogue is.
type CatalogueQuality struct {
	Items         int64 `json:"items"`
	ItemsWithGTIN int64 `json:"items_with_gtin"`
	// Coverage is the share of items with a GTIN, in hundredths.
	Coverage float64 `json:"gtin_coverage_percent"`
	// CheckDigits counts codes with a wrong check digit in the last files of the
	// trust and of each source; their rows were rejected.
	CheckDigits int64 `json:"check_digit_failures"`
	// Conflicts wait for a person: the trust's, and those between sources.
	Conflicts       int64              `json:"conflicts"`
	SourceConflicts int64              `json:"source_conflicts"`
	Duplicates      []Duplicate        `json:"duplicates"`
	Spend           []SpendWithoutGTIN `json:"spend_without_gtin"`
	Spreads         []PriceSpread      `json:"price_spreads"`
	Sources         []SourceQuality    `json:"sources"`
}

// Duplicate is what may be one thing under several of the trust's codes.
type Duplicate struct {
	Why   string   `json:"why"`
	Of    string   `json:"of"`
	Items []string `json:"items"`
}

// SpendWithoutGTIN is an item that was ordered and cannot be scanned.
type SpendWithoutGTIN struct {
	Item        string `json:"item"`
	Description string `json:"description"`
	Value       string `json:"value"`
	Currency    string `json:"currency"`
	Lines       int64  `json:"order_lines"`
}

// PriceSpread is what the trust pays for one base unit beside what a source
// asks for the same product or for a direct alternative to it.
type PriceSpread struct {
	Item        string `json:"item"`
	Description string `json:"description"`
	Paid        string `json:"paid"`
	Product     string `json:"product"`
	Alternative bool   `json:"alternative"`
	Asked       string `json:"asked"`
	Currency    string `json:"currency"`
	// Percent is the difference, in hundredths of the lower price.
	Percent int64 `json:"percent"`
}

// SourceQuality counts a source's products in force.
type SourceQuality struct {
	Source   string  `json:"source"`
	Products int64   `json:"products"`
	WithGTIN int64   `json:"with_gtin"`
	Coverage float64 `json:"gtin_coverage_percent"`
}
