package silk

// Tables of RFC 6716, sections 4.2.4 and 4.2.7.

// The stereo prediction weights (table 6).
var pdfStereo1 = pdf{
	7, 2, 1, 1, 1, 10, 24, 8, 1, 1, 3, 23, 92, 23, 3, 1, 1, 8, 24, 10, 1, 1, 1, 2, 7,
}

var pdfStereo2 = pdf{85, 86, 85}

var pdfStereo3 = pdf{51, 51, 52, 51, 51}

// stereoWeights are the weights of section 4.2.7.1 (table 7), Q13.
var stereoWeights = [16]int32{
	-13732, -10050, -8266, -7526, -6500, -5000, -2950, -820, 820, 2950, 5000, 6500, 7526, 8266,
	10050, 13732,
}

// The flag of a frame without a side channel (table 8).
var pdfMidOnly = pdf{192, 64}

// pdfRedundant codes which of two or three frames have a redundant one, less one (table 4).
var pdfRedundant = [2]pdf{
	{53, 53, 150},
	{41, 20, 29, 41, 15, 28, 82},
}

// The type of a frame (table 9).
var pdfTypeInactive = pdf{26, 230}

var pdfTypeActive = pdf{24, 74, 148, 10}

// pdfGainHigh codes the upper bits of a first gain, by the signal (table 11).
var pdfGainHigh = [3]pdf{
	{32, 112, 68, 29, 12, 1, 1, 1},
	{2, 17, 45, 60, 62, 47, 19, 4},
	{1, 3, 26, 71, 94, 50, 9, 2},
}

var pdfGainLow = pdf{32, 32, 32, 32, 32, 32, 32, 32}

// pdfGainDelta codes the change of a gain (table 13).
var pdfGainDelta = pdf{
	6, 5, 11, 31, 132, 21, 8, 4, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
}

// pdfInterpolation codes the weight of the frame before (table 26).
var pdfInterpolation = pdf{13, 22, 29, 11, 181}

// pdfSeed codes the seed of the noise (table 43).
var pdfSeed = pdf{64, 64, 64, 64}
