package fhir

import (
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// root is where the door's addresses begin.
const root = "/fhir/r4"

// request is one request and what its address says.
type request struct {
	*http.Request
	interaction string
	kind, id    string
	version     string
	client      string
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	q := request{Request: r, interaction: "other"}
	if id := r.Header.Get("X-Request-Id"); id != "" && fhir.ValidID(id) {
		w.Header().Set("X-Request-Id", id)
	}
	a, err := s.guarded(&q)
	status := a.status
	if err != nil {
		f := fault.Of(err)
		status = refuse(w, err, a.allow)
		if status >= http.StatusInternalServerError {
			s.log.Warn("a request could not be served", "interaction", q.interaction, "status", status, "code", f.Code)
		} else {
			s.log.Info("a request was refused", "interaction", q.interaction, "status", status, "code", f.Code, "client", q.client)
		}
	} else {
		s.send(w, r, a)
	}
	s.metrics.Request(s.cfg.Name, q.interaction, status, time.Since(start))
}

// guarded is serve; a panic within is a defect of ours that one client is told
// of, and the log.
func (s *Server) guarded(q *request) (a answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a request broke off", "interaction", q.interaction, "stack", string(debug.Stack()))
			a, err = answer{}, fault.New(fault.Internal, "request_broke_off", "The hub broke off in the middle of this request. It is a defect of the hub: report it.")
		}
	}()
	return s.serve(q)
}

// serve finds out who asks for what, and does it.
func (s *Server) serve(q *request) (answer, error) {
	if err := s.allowed(q.Request); err != nil {
		return answer{}, err
	}
	allow, routed := q.route()
	if q.interaction == "capabilities" {
		if err := acceptable(q.Request); err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: fhir.Capability(s.base(q.Request), s.cfg.Version, s.since, len(s.tokens) > 0)}, nil
	}
	var err error
	if q.client, err = s.admit(q.Request); err != nil {
		return answer{}, err
	}
	if routed != nil {
		return answer{allow: allow}, routed
	}
	if err := acceptable(q.Request); err != nil {
		return answer{}, err
	}
	switch q.interaction {
	case "read", "vread":
		return s.read(q)
	case "transaction":
		return s.transaction(q)
	case "create":
		return s.create(q)
	}
	return s.update(q)
}

// route reads the address; allow is what else could be asked there.
func (q *request) route() (allow string, err error) {
	path, ok := strings.CutPrefix(q.URL.Path, root)
	if !ok || path != "" && path[0] != '/' {
		return "", fault.New(fault.NotFound, "address_unknown", "There is nothing at this address. The FHIR door is at %s; %s/metadata tells what it does.", root, root)
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	reads := q.Method == http.MethodGet || q.Method == http.MethodHead
	q.kind = parts[0]
	principal := slices.Contains(fhir.Principals, q.kind)
	switch {
	case q.kind == "metadata" && len(parts) == 1 && reads:
		q.interaction = "capabilities"
		return "", nil
	case q.kind == "" && q.Method == http.MethodPost:
		q.interaction, q.kind = "transaction", "Bundle"
		return "", nil
	case q.kind == "" || q.kind == "metadata":
		return map[bool]string{true: "POST", false: "GET"}[q.kind == ""], notHere()
	case q.kind == "Bundle":
		return "", fault.New(fault.NotFound, "type_unknown", "Bundles are not kept here as such. Post a transaction to %s itself.", root)
	case !principal && !slices.Contains(fhir.Companions, q.kind):
		return "", fault.New(fault.NotFound, "type_unknown", "Resources of this type are not kept here. %s/metadata tells which are.", root)
	case len(parts) == 1:
		if q.Method == http.MethodPost && principal {
			q.interaction = "create"
			return "", nil
		}
		return map[bool]string{true: "POST"}[principal], notHere()
	case len(parts) == 4 && parts[2] == "_history" && reads:
		q.interaction, q.id, q.version = "vread", parts[1], parts[3]
		return "", nil
	case len(parts) != 2:
		return "GET", notHere()
	}
	switch q.id = parts[1]; {
	case reads:
		q.interaction = "read"
	case q.Method == http.MethodPut && principal:
		q.interaction = "update"
	default:
		return map[bool]string{true: "GET, HEAD, PUT", false: "GET, HEAD"}[principal], notHere()
	}
	return "", nil
}

func notHere() error {
	return fault.New(fault.Invalid, "method_unknown", "This cannot be asked for here. Post a transaction to %s, a Procedure or a Device to its type; read by id. To take a Procedure back, send it with the status entered-in-error.", root)
}

// jsonTypes are the media types of FHIR's JSON.
var jsonTypes = []string{"application/fhir+json", "application/json", "text/json"}

// acceptable refuses a client that wants another form than JSON.
func acceptable(r *http.Request) error {
	wrong := fault.New(fault.Invalid, "answer_unacceptable", "Answers are in JSON. Ask for application/fhir+json.")
	if format := r.URL.Query().Get("_format"); format != "" {
		if format == "json" || slices.Contains(jsonTypes, strings.ReplaceAll(format, " ", "+")) {
			return nil
		}
		return wrong
	}
	all := r.Header.Values("Accept")
	if len(all) == 0 {
		return nil
	}
	for part := range strings.SplitSeq(strings.Join(all, ","), ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil || params["q"] == "0" || !version4(params) {
			continue
		}
		if kind == "*/*" || kind == "application/*" || slices.Contains(jsonTypes, kind) {
			return nil
		}
	}
	return wrong
}

// version4 reports whether a media type's fhirVersion, if it has one, is R4's.
func version4(params map[string]string) bool {
	v, given := params["fhirversion"]
	return !given || v == "4.0" || v == "4.0.1"
}
