package parquet

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// formatter gives the function that turns a value of type t into a cell's text; its second
// result is false for bytes that are no text. nil means that there is none.
func formatter(t pq.Type) func(pq.Value) (string, bool) {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.DateType:
			return func(v pq.Value) (string, bool) {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly), true
			}
		case *format.TimestampType:
			unit := time.Nanosecond
			if l.Unit.Value != nil {
				unit = l.Unit.Value.Duration()
			}
			return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), unit), true }
		case *format.DecimalType:
			return func(v pq.Value) (string, bool) { return decimal(v, int(l.Scale)), true }
		case *format.Float16Type, *format.VariantType, *format.GeometryType, *format.GeographyType, *format.BsonType, *format.MapType:
			return nil
		case *format.IntType:
			if !l.IsSigned {
				return unsigned(t)
			}
		}
	} else if c := t.ConvertedType(); c != nil {
		switch *c {
		case deprecated.Date:
			return func(v pq.Value) (string, bool) {
				return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly), true
			}
		case deprecated.TimestampMillis:
			return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), time.Millisecond), true }
		case deprecated.TimestampMicros:
			return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), time.Microsecond), true }
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			return unsigned(t)
		case deprecated.Decimal, deprecated.Interval, deprecated.Bson:
			return nil
		}
	}
	return plain(t)
}

// plain formats the physical types.
func plain(t pq.Type) func(pq.Value) (string, bool) {
	switch t.Kind() {
	case pq.Boolean:
		return func(v pq.Value) (string, bool) { return strconv.FormatBool(v.Boolean()), true }
	case pq.Int32:
		return func(v pq.Value) (string, bool) { return strconv.FormatInt(int64(v.Int32()), 10), true }
	case pq.Int64:
		return func(v pq.Value) (string, bool) { return strconv.FormatInt(v.Int64(), 10), true }
	case pq.Int96: // timestamps of old writers: nanoseconds of the day, then the Julian day
		return func(v pq.Value) (string, bool) {
			x := v.Int96()
			nanos := int64(uint64(x[1])<<32 | uint64(x[0]))
			return time.Unix((int64(x[2])-2440588)*86400, nanos).UTC().Format(time.RFC3339Nano), true
		}
	case pq.Float:
		return func(v pq.Value) (string, bool) {
			return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32), true
		}
	case pq.Double:
		return func(v pq.Value) (string, bool) { return strconv.FormatFloat(v.Double(), 'g', -1, 64), true }
	case pq.ByteArray, pq.FixedLenByteArray:
		return func(v pq.Value) (string, bool) {
			b := v.ByteArray()
			return string(b), utf8.Valid(b)
		}
	}
	return nil
}

// unsigned formats unsigned integers of type t.
func unsigned(t pq.Type) func(pq.Value) (string, bool) {
	if t.Kind() == pq.Int32 {
		return func(v pq.Value) (string, bool) { return strconv.FormatUint(uint64(v.Uint32()), 10), true }
	}
	return func(v pq.Value) (string, bool) { return strconv.FormatUint(v.Uint64(), 10), true }
}

// timestamp formats n units since 1970 as RFC 3339.
func timestamp(n int64, unit time.Duration) string {
	perSecond := int64(time.Second / unit)
	return time.Unix(n/perSecond, n%perSecond*int64(unit)).UTC().Format(time.RFC3339Nano)
}

// decimal formats an unscaled integer (of 4 or 8 bytes, or big-endian two's complement bytes).
func decimal(v pq.Value, scale int) string {
	x := new(big.Int)
	switch v.Kind() {
	case pq.Int32:
		x.SetInt64(int64(v.Int32()))
	case pq.Int64:
		x.SetInt64(v.Int64())
	default:
		b := v.ByteArray()
		x.SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 {
			x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	scale = min(max(scale, 0), 100)
	digits := new(big.Int).Abs(x).String()
	for len(digits) <= scale {
		digits = "0" + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if x.Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// isNumeric reports whether a list of t is a vector.
func isNumeric(t pq.Type) bool {
	if l := t.LogicalType(); l != nil && l.Value != nil {
		if _, ok := l.Value.(*format.IntType); !ok {
			return false
		}
	}
	switch t.Kind() {
	case pq.Int32, pq.Int64, pq.Float, pq.Double, pq.Boolean:
		return true
	}
	return false
}

// number is v as a float32.
func number(v pq.Value) float32 {
	switch v.Kind() {
	case pq.Boolean:
		if v.Boolean() {
			return 1
		}
		return 0
	case pq.Int32:
		return float32(v.Int32())
	case pq.Int64:
		return float32(v.Int64())
	case pq.Float:
		return v.Float()
	case pq.Double:
		return float32(v.Double())
	case pq.FixedLenByteArray:
		if b := v.ByteArray(); len(b) == 4 {
			return math.Float32frombits(binary.LittleEndian.Uint32(b))
		}
	}
	return float32(math.NaN())
}
