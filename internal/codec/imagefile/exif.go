package imagefile

import "encoding/binary"

// Orientation reads tag 0x0112 of the TIFF structure that EXIF is (EXIF 2.3,
// section 4.6): 1 to 8, or 0 where it is absent or the data is damaged.
func Orientation(p []byte) int {
	if len(p) < 8 {
		return 0
	}
	var order binary.ByteOrder
	switch string(p[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 0
	}
	at := uint64(order.Uint32(p[4:]))
	if at+2 > uint64(len(p)) {
		return 0
	}
	n := uint64(order.Uint16(p[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > uint64(len(p)) {
			return 0
		}
		if order.Uint16(p[e:]) != 0x0112 {
			continue
		}
		o := 0
		switch order.Uint16(p[e+2:]) {
		case 3: // SHORT
			o = int(order.Uint16(p[e+8:]))
		case 4: // LONG, as some writers have it
			o = int(min(order.Uint32(p[e+8:]), 9))
		}
		if o < 1 || o > 8 {
			return 0
		}
		return o
	}
	return 0
}
