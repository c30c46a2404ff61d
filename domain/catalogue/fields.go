package catalogue

// Field is one thing that a row of a national catalogue file may tell.
type Field int

// The fields. A profile gives each of a file's columns one of their names.
const (
	fKey Field = iota
	fAction
	fStatus
	fDescription
	fManufacturer
	fMPC
	fNPC
	fBaseUnit
	fOrderUnits
	fSupplier
	fSupplierCode
	fRoute
	fEClass
	fGMDN
	fEMDN
	fDeviceClass
	fImplantable
	fReportable
	fLotTracked
	fSerialTracked
	fExpiryTracked
	fDI
	fIssuer
	fPack2Unit
	fPack2Size
	fPack2DI
	fPack3Unit
	fPack3Size
	fPack3DI
	fPack4Unit
	fPack4Size
	fPack4DI
	fPackUnit
	fPackKind
	fPackDI
	fPackContains
	fPackCount
	fFormerCode
	fFormerKind
	fFormerFrom
	fFormerTo
	fPrice
	fPriceUnits
	fCurrency
	fTax
	fPriceFrom
	fPriceTo
	fBand2Packs
	fBand2Price
	fBand3Packs
	fBand3Price
	fBand4Packs
	fBand4Price
	fSuspendedReason
	fSuspendedFrom
	fSuspendedTo
	fDiscontinuedOn
	fDirect
	fIndirect
	fieldCount
)

var fieldNames = [fieldCount]string{
	fKey: "key", fAction: "action", fStatus: "status", fDescription: "description", fManufacturer: "manufacturer", fMPC: "mpc", fNPC: "npc",
	fBaseUnit: "base_unit", fOrderUnits: "order_units", fSupplier: "supplier", fSupplierCode: "supplier_code", fRoute: "route",
	fEClass: "eclass", fGMDN: "gmdn", fEMDN: "emdn", fDeviceClass: "device_class", fImplantable: "implantable", fReportable: "reportable",
	fLotTracked: "lot_tracked", fSerialTracked: "serial_tracked", fExpiryTracked: "expiry_tracked", fDI: "di", fIssuer: "issuer",
	fPack2Unit: "pack2_unit", fPack2Size: "pack2_size", fPack2DI: "pack2_di", fPack3Unit: "pack3_unit", fPack3Size: "pack3_size", fPack3DI: "pack3_di",
	fPack4Unit: "pack4_unit", fPack4Size: "pack4_size", fPack4DI: "pack4_di",
	fPackUnit: "pack_unit", fPackKind: "pack_kind", fPackDI: "pack_di", fPackContains: "pack_contains", fPackCount: "pack_count",
	fFormerCode: "former_code", fFormerKind: "former_kind", fFormerFrom: "former_from", fFormerTo: "former_to",
	fPrice: "price", fPriceUnits: "price_units", fCurrency: "currency", fTax: "tax", fPriceFrom: "price_from", fPriceTo: "price_to",
	fBand2Packs: "band2_packs", fBand2Price: "band2_price", fBand3Packs: "band3_packs", fBand3Price: "band3_price", fBand4Packs: "band4_packs", fBand4Price: "band4_price",
	fSuspendedReason: "suspended_reason", fSuspendedFrom: "suspended_from", fSuspendedTo: "suspended_to", fDiscontinuedOn: "discontinued_on",
	fDirect: "alternatives_direct", fIndirect: "alternatives_indirect",
}

// String is the field's name in profiles.
func (f Field) String() string {
	if f < 0 || f >= fieldCount {
		return ""
	}
	return fieldNames[f]
}

// FieldNamed finds a field by its name.
func FieldNamed(name string) (Field, bool) {
	for f, n := range fieldNames {
		if n == name {
			return Field(f), true
		}
	}
	return 0, false
}

// Fields lists the names of all fields.
func Fields() []string { return fieldNames[:] }

// Values are the cells of one row by field; empty is not told.
type Values [fieldCount]string

// Key is the row's key as it stands, for messages and for rows that are
// rejected.
func (v *Values) Key() string { return v[fKey] }

// Set puts a cell where a profile says.
func (v *Values) Set(f Field, s string) { v[f] = s }
