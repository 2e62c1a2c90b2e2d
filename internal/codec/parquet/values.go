package parquet

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// formatter returns the function that turns a value of column e into a cell's text; its second
// result is false for bytes that are no text. It returns nil where there is none.
func formatter(e *format.SchemaElement) func(pq.Value) (string, bool) {
	kind := pq.Kind(e.Type.V)
	// Logical types come first; the older converted ones are for files without them.
	switch l := e.LogicalType.Value.(type) {
	case *format.DateType:
		return date
	case *format.TimeType:
		return timeOfDay(unitOf(l.Unit))
	case *format.TimestampType:
		unit := unitOf(l.Unit)
		return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), unit), true }
	case *format.DecimalType:
		return func(v pq.Value) (string, bool) { return decimal(v, int(l.Scale)), true }
	case *format.IntType:
		if !l.IsSigned {
			return unsigned(kind)
		}
		return plain(kind)
	case *format.Float16Type:
		return func(v pq.Value) (string, bool) {
			return strconv.FormatFloat(float64(half(v.ByteArray())), 'g', -1, 32), true
		}
	case *format.UUIDType:
		return uuid
	case *format.StringType, *format.EnumType, *format.JsonType, *format.NullType:
		return plain(kind)
	// No logical type: the converted type decides below. Any other one is unknown, and its plain value
	// would mislead.
	case nil:
	default:
		return nil
	}
	if e.ConvertedType.Valid {
		switch e.ConvertedType.V {
		case deprecated.Date:
			return date
		case deprecated.TimeMillis:
			return timeOfDay(time.Millisecond)
		case deprecated.TimeMicros:
			return timeOfDay(time.Microsecond)
		case deprecated.TimestampMillis:
			return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), time.Millisecond), true }
		case deprecated.TimestampMicros:
			return func(v pq.Value) (string, bool) { return timestamp(v.Int64(), time.Microsecond), true }
		case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
			return unsigned(kind)
		case deprecated.Decimal:
			scale := int(e.Scale.V)
			return func(v pq.Value) (string, bool) { return decimal(v, scale), true }
		case deprecated.Interval, deprecated.Bson:
			return nil
		}
	}
	return plain(kind)
}

// isVerbatim reports whether the text of a column's cells is the bytes of its values.
func isVerbatim(e *format.SchemaElement) bool {
	if pq.Kind(e.Type.V) != pq.ByteArray {
		return false
	}
	switch e.LogicalType.Value.(type) {
	case nil:
		return !e.ConvertedType.Valid || e.ConvertedType.V != deprecated.Decimal
	case *format.StringType, *format.EnumType, *format.JsonType:
		return true
	}
	return false
}

func unitOf(u format.TimeUnit) time.Duration {
	if u.Value == nil {
		return time.Nanosecond
	}
	return u.Value.Duration()
}

func date(v pq.Value) (string, bool) {
	return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly), true
}

// timeOfDay formats a time as the seconds since midnight: a number, on which more and less have a
// meaning.
func timeOfDay(unit time.Duration) func(pq.Value) (string, bool) {
	scale := 0
	for u := unit; u < time.Second; u *= 10 {
		scale++
	}
	return func(v pq.Value) (string, bool) {
		text := decimal(v, scale)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text, true
	}
}

func uuid(v pq.Value) (string, bool) {
	b := v.ByteArray()
	if len(b) != 16 {
		return "", false
	}
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), true
}

// half widens an IEEE 754 half-precision float, little-endian.
func half(b []byte) float32 {
	if len(b) != 2 {
		return float32(math.NaN())
	}
	h := uint32(binary.LittleEndian.Uint16(b))
	sign, exp, frac := h>>15<<31, h>>10&31, h&1023
	switch exp {
	case 0: // subnormal
		f := float32(frac) / (1 << 24)
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// plain formats the physical types.
func plain(kind pq.Kind) func(pq.Value) (string, bool) {
	switch kind {
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

// unsigned formats unsigned integers.
func unsigned(kind pq.Kind) func(pq.Value) (string, bool) {
	if kind == pq.Int32 {
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

// vectorElement returns the function that makes a number of an element of a list, where lists of
// column e are vectors, else nil.
func vectorElement(e *format.SchemaElement) func(pq.Value) float32 {
	isSigned := true
	switch l := e.LogicalType.Value.(type) {
	case nil:
		// Numbers alone: a list of dates or decimals is one of texts.
		if c := e.ConvertedType; c.Valid {
			switch c.V {
			case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
				isSigned = false
			case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
			default:
				return nil
			}
		}
	case *format.IntType:
		isSigned = l.IsSigned
	case *format.Float16Type:
		return func(v pq.Value) float32 { return half(v.ByteArray()) }
	default:
		return nil
	}
	// The physical types; of 64 bits a float32 keeps the first 24, as everywhere for vectors.
	switch pq.Kind(e.Type.V) {
	case pq.Boolean:
		return func(v pq.Value) float32 {
			if v.Boolean() {
				return 1
			}
			return 0
		}
	case pq.Int32:
		if !isSigned {
			return func(v pq.Value) float32 { return float32(v.Uint32()) }
		}
		return func(v pq.Value) float32 { return float32(v.Int32()) }
	case pq.Int64:
		if !isSigned {
			return func(v pq.Value) float32 { return float32(v.Uint64()) }
		}
		return func(v pq.Value) float32 { return float32(v.Int64()) }
	case pq.Float:
		return pq.Value.Float
	case pq.Double:
		return func(v pq.Value) float32 { return float32(v.Double()) }
	}
	return nil
}
