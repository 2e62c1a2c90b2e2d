package imagefile

import (
	"encoding/binary"
	"errors"
)

// checkTIFF reads the sizes in the first directory of a TIFF 6.0 file before
// the library does: tiles may claim far more pixels than the picture.
func checkTIFF(data []byte, limit int64) error {
	if len(data) < 8 {
		return errTruncated
	}
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return errTruncated
	}
	n := int64(order.Uint16(data[at:]))
	if at+2+12*n > int64(len(data)) {
		return errTruncated
	}
	tag := map[uint16]int64{}
	for i := range n {
		e := data[at+2+12*i:]
		switch order.Uint16(e[2:]) {
		case 3:
			tag[order.Uint16(e)] = int64(order.Uint16(e[8:]))
		case 4:
			tag[order.Uint16(e)] = int64(order.Uint32(e[8:]))
		}
	}
	const width, height, samples, tileWidth, tileHeight = 256, 257, 277, 322, 323
	w, h := tag[width], tag[height]
	if w > 1<<31-1 || h > 1<<31-1 {
		return &SizeError{Width: int(min(w, 1<<31-1)), Height: int(min(h, 1<<31-1)), Limit: limit}
	}
	if err := checkSize(int(w), int(h), limit); err != nil {
		return err
	}
	if tw, th := tag[tileWidth], tag[tileHeight]; tw > 0 && th > 0 {
		if tw > 1<<20 || th > 1<<20 || tw*th > limit {
			return errors.New("the tiles are larger than any picture allowed")
		}
	}
	if tag[samples] > 8 {
		return errors.New("too many samples per pixel")
	}
	return nil
}
