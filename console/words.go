package console

import (
	"slices"
	"strings"
)

// word is how a code of the hub reads on a page: its text and the colour of
// its tag. The text alone tells all; the colour only helps the eye.
type word struct {
	Text, Colour string
}

// words maps one kind of code to what people read.
type words map[string]word

// of gives a code's word. A code that has none reads as itself, without its
// underscores, so that nothing is ever hidden.
func (w words) of(code string) word {
	if found, ok := w[code]; ok {
		return found
	}
	return word{plain(code), "grey"}
}

// plain turns a code into words: line_waiting reads Line waiting.
func plain(code string) string {
	s := strings.ReplaceAll(code, "_", " ")
	if s == "" {
		return "Not said"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var messageStates = words{
	"waiting":    {"Waiting", "blue"},
	"retrying":   {"Trying again", "orange"},
	"parked":     {"Behind a stopped message", "orange"},
	"stopped":    {"Stopped", "red"},
	"applied":    {"Applied", "green"},
	"no_change":  {"No change", "white"},
	"superseded": {"Superseded", "white"},
	"ignored":    {"Not of interest", "white"},
	"test":       {"Test message", "purple"},
}

// stateOrder is how the states are offered in the filter: what needs a person
// first.
var stateOrder = []string{"stopped", "parked", "retrying", "waiting", "applied", "no_change", "superseded", "ignored", "test"}

var lineStates = words{
	"posted":       {"Posted", "green"},
	"unidentified": {"Unidentified", "orange"},
	"waiting":      {"Waits for a person", "orange"},
	"withdrawn":    {"Withdrawn", "white"},
	"recorded":     {"Recorded, stock unchanged", "white"},
}

var orderStates = words{
	"ready":    {"To be sent", "blue"},
	"sent":     {"Sent", "aqua-green"},
	"ordered":  {"Ordered", "blue"},
	"accepted": {"Accepted", "green"},
	"changed":  {"Changed by supplier", "orange"},
	"rejected": {"Rejected", "red"},
	"closed":   {"Closed", "white"},

	"part_received": {"Part received", "aqua-green"},
	"received":      {"Received", "green"},
}

var suggestionStates = words{
	"waits":    {"Waits for a person", "yellow"},
	"approved": {"Approved", "blue"},
	"ordered":  {"Ordered", "green"},
	"declined": {"Declined", "white"},
}

var severities = words{
	"danger":  {"Act now", "red"},
	"error":   {"Error", "red"},
	"warning": {"Warning", "orange"},
	"notice":  {"Notice", "blue"},
	"info":    {"For information", "white"},
}

var bookings = words{
	"none":      {"Not booked", "white"},
	"booked":    {"Booked", "blue"},
	"cancelled": {"Booking cancelled", "orange"},
}

var environments = words{
	"production": {"Live", "green"},
	"test":       {"Test environment", "purple"},
}

var moveKinds = words{
	"use":          {"Use", ""},
	"use_reversal": {"Use reversed", ""},
	"opening":      {"Opening balance", ""},
	"receipt":      {"Receipt", ""},
	"issue":        {"Issue", ""},
	"transfer":     {"Transfer", ""},
	"return":       {"Return", ""},
	"count":        {"Count", ""},
	"write_off":    {"Write-off", ""},
	"reversal":     {"Reversal", ""},
}

var dispositions = words{
	"used_unspecified":       {"Used", ""},
	"implanted":              {"Implanted", ""},
	"explanted":              {"Explanted", ""},
	"implanted_then_removed": {"Implanted, then removed", ""},
	"opened_not_used":        {"Opened, not used", ""},
	"contaminated":           {"Contaminated", ""},
	"returned_unopened":      {"Returned unopened", ""},
	"supplier_liable":        {"Failed; the supplier answers for it", ""},
	"reusable":               {"Reusable: back to be sterilised", ""},
}

var caseChoices = words{
	"open":      {"With something that needs you", ""},
	"reconcile": {"To reconcile", ""},
}

// caseChoiceOrder is how they are offered.
var caseChoiceOrder = []string{"open", "reconcile"}

var stages = words{
	"planned": {"As planned", ""},
	"theatre": {"In theatre", ""},
	"final":   {"Final coding", ""},
}

var holdKinds = words{
	"returned": {"Came back never opened", "yellow"},
	"quality":  {"Held for quality", "yellow"},
	"label":    {"Its label must be checked", "yellow"},
	"recall":   {"Held for a recall", "red"},
}

var directions = words{
	"in":  {"In", ""},
	"out": {"Out", ""},
}

// warningKinds are the headlines of warnings; the text and the action come
// with each.
var warningKinds = words{
	"expired_used":             {"An expired item was used", ""},
	"orders_held":              {"Orders are held since a restore", ""},
	"plan_failed":              {"An order cannot be computed", ""},
	"catalogue_waits":          {"A catalogue file waits for a person", ""},
	"mapping_broken":           {"A changed mapping cannot be used", ""},
	"stock_short":              {"More was used than was in stock", ""},
	"item_unidentified":        {"An item is unidentified", ""},
	"place_unidentified":       {"A place is unidentified", ""},
	"wrong_patient":            {"A use was told of the wrong patient", ""},
	"patient_changed":          {"A use was moved from one patient to another", ""},
	"case_patient_differs":     {"Use and booking name different patients", ""},
	"identifiers_disagree":     {"A patient's identifiers disagree", ""},
	"cancelled_case_used":      {"Things were used in a cancelled case", ""},
	"accepted_told_again":      {"An accepted use was told again", ""},
	"line_waiting":             {"A line waits for a person", ""},
	"no_business_key":          {"A line has no number of its own", ""},
	"sources_disagree":         {"Two sources disagree", ""},
	"lot_not_in_stock":         {"A lot was used that is not in stock", ""},
	"held_used":                {"Held stock was used", ""},
	"above_ceiling":            {"More was used than a case is thought to use", ""},
	"side_differs":             {"A device is for the other side", ""},
	"procedure_sides_differ":   {"The sides of a procedure differ", ""},
	"returned_to_check":        {"Something came back never opened", ""},
	"supplier_liable":          {"A supplier answers for something", ""},
	"source_not_authoritative": {"A use is told by a source that does not decide", ""},
	"nhs_number_changed":       {"A patient's NHS Number changed", ""},
	"unmerged_still_joined":    {"Patients taken apart are still read as one", ""},
	"order_unknown":            {"An answer names an unknown order", ""},
	"order_changed":            {"The supplier changed an order", ""},
	"order_rejected":           {"The supplier rejected an order", ""},
	"over_delivery":            {"More came than was ordered", ""},
	"delivery_substituted":     {"Another item came than was ordered", ""},
	"delivered_elsewhere":      {"A delivery came to another place", ""},
	"receipt_order_unknown":    {"A delivery names an unknown order", ""},
	"receipt_order_closed":     {"A delivery came for a closed order", ""},
	"receipt_used":             {"A receipt cannot be taken back", ""},
	"expired_received":         {"Something had expired when it came", ""},
	"registry_failed":          {"Nothing is told to the registry", ""},
	"registry_overdue":         {"The registry does not answer", ""},
	"registry_record_unknown":  {"The registry answers an unknown record", ""},
	"registry_batches_lost":    {"The registry was sent what the books lack", ""},
	"feed_silent":              {"A feed is silent", ""},
	"feed_behind":              {"A feed is behind", ""},
	"feed_held":                {"A feed is held by a person", ""},
	"rows_refused":             {"Rows of a file had no effect", ""},
	"file_refused":             {"A file was refused", ""},
	"files_left":               {"Files lie in a folder and are not taken", ""},
	"files_unreachable":        {"Files cannot be collected", ""},
	"backlog":                  {"Messages pile up", ""},
	"database_away":            {"The database is away", ""},
	"disk_full":                {"The disk is full", ""},
	"disk_low":                 {"The disk is nearly full", ""},
	"clock_wrong":              {"A clock is wrong", ""},
}

// stepNames say where in the hub a message or an order stopped.
var stepNames = words{
	"read":      {"it could not be read", ""},
	"open":      {"its sealed bytes could not be opened", ""},
	"translate": {"it could not be read", ""},
	"post":      {"it could not be posted to the stock ledger", ""},
	"dispatch":  {"it could not be sent", ""},
	"submit":    {"it could not be sent to the registry", ""},
}

// reasons say why a line stands as it does.
var reasons = words{
	"nothing_told":             {"No source says anything of it now", ""},
	"credit_without_use":       {"A credit came for a use that was never told", ""},
	"credit_exceeds_use":       {"More was credited than was used", ""},
	"credit_differs":           {"The credit names another thing than the use", ""},
	"credit_patient_differs":   {"The credit names another patient than the use", ""},
	"credit_of_opened":         {"The credit gives back unopened what was opened", ""},
	"credited":                 {"Credited in full", ""},
	"sign_unknown":             {"Its transaction type is not in the mapping's table", ""},
	"quantity_unreadable":      {"Its quantity cannot be read as a number", ""},
	"quantity_negative":        {"Its quantity is below zero", ""},
	"quantity_too_large":       {"Its quantity is too large to count", ""},
	"credit_unit_differs":      {"Its credit is in another unit than its use", ""},
	"fraction":                 {"Its quantity is not a whole number of units", ""},
	"item_unknown":             {"Its code is not in the catalogue", ""},
	"place_unknown":            {"Its place is not among the trust's places", ""},
	"wrong_patient":            {"It was told of the wrong patient", ""},
	"delete":                   {"It was told in error", ""},
	"no_value":                 {"The sender withdrew it", ""},
	"explanted":                {"Explanted: nothing left the shelf", ""},
	"returned_unopened":        {"Returned unopened: nothing left the shelf", ""},
	"reusable":                 {"Reusable: nothing left the shelf for good", ""},
	"corroborates":             {"Corroborates the source that decides", ""},
	"sources_differ":           {"Differs from the source that decides", ""},
	"source_not_authoritative": {"No source that decides here tells of it", ""},
	"same_use":                 {"Tells of the same use as another line", ""},
}

// Terms lists every code with a word of its own on the pages, and the word.
// loadStates are what became of catalogue files.
var loadStates = words{
	"checking":   {"Being checked", ""},
	"publishing": {"Being written", ""},
	"published":  {"In force", "green"},
	"unchanged":  {"Nothing new", "grey"},
	"waits":      {"Waits for a person", "orange"},
	"refused":    {"Refused", "red"},
	"tried":      {"Tried out", "grey"},
	"died":       {"Ended before its time", "red"},
}

// productStates are why a product may not be had.
var productStates = words{
	"suspended":    {"Suspended", "orange"},
	"discontinued": {"Discontinued", "grey"},
	"removed":      {"Removed by its source", "grey"},
}

// The glossary is checked against it.
func Terms() map[string][]string {
	out := map[string][]string{}
	for name, w := range map[string]words{
		"message state": messageStates, "line state": lineStates, "order state": orderStates, "suggested order state": suggestionStates,
		"severity": severities, "booking": bookings, "environment": environments, "movement": moveKinds, "disposition": dispositions,
		"direction": directions, "cases shown": caseChoices, "coding": stages, "hold": holdKinds, "warning": warningKinds, "line reason": reasons, "needs you": needTones, "load state": loadStates, "product state": productStates,
		"record state": submissionStates, "record action": submissionActions, "who can supply it": suppliers, "why not reported": notReported,
	} {
		for _, v := range w {
			out[name] = append(out[name], v.Text)
		}
		slices.Sort(out[name])
	}
	return out
}
