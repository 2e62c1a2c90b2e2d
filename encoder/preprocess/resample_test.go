package preprocess

import "testing"

// The hashes (FNV-1a) are of the bytes of Pillow 11.3.0, for the filters 0 to 5.
func TestResizeHasPillowsBytes(t *testing.T) {
	const width, height = 83, 61
	plane := make([]uint8, width*height)
	for i := range plane {
		x, y := i%width, i/width
		plane[i] = uint8(x*7 + y*13 + x*y)
	}
	for size, want := range map[[2]int][6]uint64{
		{83, 61}:   {0xc4ffd10d86e724fa, 0xc4ffd10d86e724fa, 0xc4ffd10d86e724fa, 0xc4ffd10d86e724fa, 0xc4ffd10d86e724fa, 0xc4ffd10d86e724fa},
		{40, 30}:   {0xfd726761d8c60c41, 0x8949a22c718ad855, 0xa7511e48ed0e82f2, 0x9f71e25cfa00d1a9, 0x91a530f398556ad6, 0x268f52cdf2396e0a},
		{83, 20}:   {0xcbe5457a026b8bf9, 0xd290c647730d991c, 0x549f8a0b052d2bc9, 0xf6250fa43ac553ed, 0xa7ecae6596e78b30, 0xb62c3672bf35e491},
		{17, 61}:   {0x644437d6378c302e, 0x8b28d21d57a2e4b0, 0x9434e4e1aae9db56, 0xb9cbd09e4bf7bde4, 0xd4c944b7bdd6d9b4, 0xf6d57edeec68ed56},
		{100, 100}: {0xbc74dace7bc5bf1, 0xd4f93056f0191ebb, 0xe155b5ccdf9b2fe8, 0x7e0b10cf033b0022, 0xbc74dace7bc5bf1, 0x59a9a31648588416},
		{3, 150}:   {0x9abbaef7aad1c00b, 0xc4149a46cfaef7f9, 0x95e429db36036b96, 0xd14a7f620fae8482, 0xee830a07c2a0903e, 0x565283f54870b267},
	} {
		w, h := size[0], size[1]
		for f := Nearest; f <= Hamming; f++ {
			whole := make([]uint8, w*h)
			newResizer(width, height, w, h, f, window{0, h, 0, w}).plane(whole, plane)
			hash := uint64(0xcbf29ce484222325)
			for _, b := range whole {
				hash = (hash ^ uint64(b)) * 0x100000001b3
			}
			if hash != want[f] {
				t.Errorf("%v to %d × %d: hash %#x, want %#x", f, w, h, hash, want[f])
			}
			part := window{h / 3, h - h/4, w / 3, w}
			cols := part.right - part.left
			got := make([]uint8, (part.bottom-part.top)*cols)
			newResizer(width, height, w, h, f, part).plane(got, plane)
			for i, v := range got {
				if v != whole[(part.top+i/cols)*w+part.left+i%cols] {
					t.Fatalf("%v to %d × %d: the window differs from the whole at %d", f, w, h, i)
				}
			}
		}
	}
}
