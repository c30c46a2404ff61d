package trouble

// The names of the troubles.
const (
	Cancel       = "cancel"
	Reschedule   = "reschedule"
	Relist       = "relist"
	CancelUsed   = "cancel-used"
	Correct      = "correct"
	Delete       = "delete"
	Credit       = "credit"
	WrongPatient = "wrong-patient"
	OtherPatient = "other-patient"
	VisitMove    = "visit-move"
	SecondNumber = "second-number"
	Unmerge      = "unmerge"
	NHSChange    = "nhs-change"
	NHSInvalid   = "nhs-invalid"
	Duplicate    = "duplicate"
	Replay       = "replay"
	Resend       = "resend"
	Late         = "late"
	Disorder     = "disorder"
	Outage       = "outage"
	SecondFeed   = "second-feed"
	LostLines    = "lost-lines"
	UnknownItem  = "unknown-item"
	UnknownPlace = "unknown-place"
	UnknownSign  = "unknown-sign"
	Fraction     = "fraction"
	NoKey        = "no-key"
	MissingLot   = "missing-lot"
	StrangeLot   = "strange-lot"
	PackScan     = "pack-scan"
	Box          = "box"
	OtherShelf   = "other-shelf"
	Odd          = "odd"
	Unrecorded   = "unrecorded"
	Walked       = "walked"
	Miscount     = "miscount"
	DeliveryLate = "delivery-late"
	Short        = "short"
	Over         = "over"
	Substituted  = "substituted"
	Rejected     = "rejected"
	Price        = "price"
	Invoice      = "invoice"
	Recall       = "recall"
)

var all = []Trouble{
	{Cancel, 0.06, "cases", "it is cancelled before the day or on it"},
	{Reschedule, 0.10, "cases", "it is put off or changed, once or twice"},
	{Relist, 0.03, "cases", "it is cancelled and booked again under its number"},
	{CancelUsed, 0.01, "cases", "it is broken off, and what was opened for it was wasted"},
	{Correct, 0.06, "lines", "it is told wrongly first (quantity, item or lot) and corrected later; one in five never is"},
	{Delete, 0.02, "lines", "it was never there, and is deleted later"},
	{Credit, 0.03, "lines", "it is credited: never opened, wasted, or a charging error"},
	{WrongPatient, 0.02, "cases", "implants are told of the wrong patient, taken back as such, and mostly told anew of the right one"},
	{OtherPatient, 0.015, "cases", "all is told of another patient at first, and again of the right one later"},
	{VisitMove, 0.01, "cases", "the visit was registered for another patient and is moved"},
	{SecondNumber, 0.04, "patients", "they have a second number, unknown to be theirs until a merge"},
	{Unmerge, 0.15, "merges", "it was wrong and is taken back; half of these are then merged for good"},
	{NHSChange, 0.005, "patients", "their NHS Number is another one later"},
	{NHSInvalid, 0.01, "cases", "their NHS Number is mistyped"},
	{Duplicate, 0.03, "messages", "they are sent again, byte for byte"},
	{Replay, 0.02, "messages", "an engine sends them again under a new control ID, hours later"},
	{Resend, 0.02, "messages", "their answer is lost and they are sent again at once, with a new MSH-7"},
	{Late, 0.03, "messages", "they come hours after those that were sent later"},
	{Disorder, 0.02, "messages", "they change places with the next one"},
	{Outage, 0.05, "days of a sender", "it is silent for hours, and its backlog then comes at once"},
	{SecondFeed, 0.5, "theatres of the first dialect", "a supply cabinet tells of their consumables as well"},
	{LostLines, 0.02, "snapshots", "lines are lost on the way, and their number says so"},
	{UnknownItem, 0.01, "lines", "their code is in no catalogue"},
	{UnknownPlace, 0.004, "lines", "they were taken from a place that nobody knows"},
	{UnknownSign, 0.005, "lines", "their sign is in no table"},
	{Fraction, 0.004, "lines", "their quantity is no whole number"},
	{NoKey, 0.004, "lines", "they have no number of their own"},
	{MissingLot, 0.04, "lines", "neither lot nor serial number is told"},
	{StrangeLot, 0.01, "lines", "their lot was never in stock here"},
	{PackScan, 0.01, "lines", "the code of the box was scanned for a single unit"},
	{Box, 0.006, "lines", "a box is recorded where one was used; half are corrected"},
	{OtherShelf, 0.02, "lines", "they come from another theatre's shelf"},
	{Odd, 0.003, "cases", "a message comes that the hub must stop: of an unknown type, or one that names no visit"},
	{Unrecorded, 0.02, "lines", "nobody ever tells of the use"},
	{Walked, 0.003, "shelves and days", "stock walks away"},
	{Miscount, 0.02, "deliveries", "somebody counts wrongly"},
	{DeliveryLate, 0.15, "order lines", "they come later than confirmed"},
	{Short, 0.10, "order lines", "less comes than was ordered"},
	{Over, 0.03, "order lines", "more comes than was ordered"},
	{Substituted, 0.03, "order lines", "another item comes in place of what was ordered"},
	{Rejected, 0.04, "order lines", "the supplier rejects them"},
	{Price, 0.05, "items and months", "its price changes"},
	{Invoice, 0.04, "order lines", "they are invoiced wrongly"},
	{Recall, 0.01, "lots", "the lot is recalled"},
}
