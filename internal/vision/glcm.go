package vision

import "math"

// GLCM holds properties of a gray-level co-occurrence matrix: R. M. Haralick,
// K. Shanmugam and I. Dinstein, "Textural features for image classification",
// IEEE SMC 3 (1973).
type GLCM struct {
	Contrast, Homogeneity, Energy, Correlation float32
}

// CoOccurrence counts how often level i has level j at (dx, dy), both ways
// (symmetric), and returns the properties of the normalized counts, as
// skimage.feature.graycomatrix and graycoprops define them. q [height*width]
// holds levels below levels; counts [levels*levels] is scratch.
func CoOccurrence(q []uint8, width, height, dx, dy, levels int, counts []uint32) GLCM {
	counts = counts[:levels*levels]
	clear(counts)
	// Only pixels whose neighbor is inside the picture.
	x0, x1 := max(0, -dx), min(width, width-dx)
	y0, y1 := max(0, -dy), min(height, height-dy)
	for y := y0; y < y1 && x0 < x1; y++ {
		a := q[y*width+x0 : y*width+x1]
		b := q[(y+dy)*width+x0+dx : (y+dy)*width+x1+dx]
		b = b[:len(a)]
		for i, v := range a {
			counts[int(v)*levels+int(b[i])]++
		}
	}
	var total, mean float64
	for i := range levels {
		for j := range levels {
			// Both ways by adding the transpose, which costs levels² and not a second pass.
			n := float64(counts[i*levels+j] + counts[j*levels+i])
			total += n
			mean += n * float64(i)
		}
	}
	if total == 0 {
		return GLCM{Homogeneity: 1, Energy: 1, Correlation: 1} // one pixel is as even as can be
	}
	mean /= total
	var contrast, homogeneity, energy, variance, covariance float64
	for i := range levels {
		for j := range levels {
			p := float64(counts[i*levels+j]+counts[j*levels+i]) / total
			d := float64((i - j) * (i - j))
			contrast += p * d
			homogeneity += p / (1 + d)
			energy += p * p
			variance += p * (float64(i) - mean) * (float64(i) - mean)
			covariance += p * (float64(i) - mean) * (float64(j) - mean)
		}
	}
	correlation := 1.0
	// A plane of one level has no variance; skimage has correlation 1 there.
	if variance > 1e-15 {
		correlation = covariance / variance
	}
	return GLCM{float32(contrast), float32(homogeneity), float32(math.Sqrt(energy)), float32(correlation)}
}
