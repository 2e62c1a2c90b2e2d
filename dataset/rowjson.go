package dataset

import (
	"encoding/json"
	"math"
)

// MarshalJSON writes a row with null for an order or target that is not there (a NaN, which JSON
// lacks).
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row // without this method
	out := struct {
		plain
		Order, Target *float64
	}{plain: plain(r)}
	if !math.IsNaN(r.Order) {
		out.Order = &r.Order
	}
	if !math.IsNaN(r.Target) {
		out.Target = &r.Target
	}
	return json.Marshal(out)
}
